"""Who fits which opdracht, and why."""
