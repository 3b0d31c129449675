"""What a workout is: sets, rest, the plan's execution, and the records that tell of it."""
