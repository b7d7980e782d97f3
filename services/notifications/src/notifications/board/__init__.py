"""The recruiter's board: its page, its session and the stream of alerts. All of it moves to the desk."""
