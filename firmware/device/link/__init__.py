"""The device on the air: one file a service, one sender, bounded queues between radio and tasks."""
