"""What waits to be judged: plans, what they draw, and the queue."""
