"""A portal under faults and kills: `make faults`."""
