"""PBS: OpenPBS, PBS Pro, Torque, and Slurm through its PBS commands."""
