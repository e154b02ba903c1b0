"""Categories of events beyond counts of objects: Z candidates, charges of leptons, missing momentum."""
