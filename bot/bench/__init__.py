"""What Redress itself costs, beside the floors it stands on, measured in one run on one machine."""
