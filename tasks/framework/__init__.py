"""What all stages share: products, branches, pools and clusters."""
