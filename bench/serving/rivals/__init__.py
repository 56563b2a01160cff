"""Other queues on Redis, each in a file and in a virtual environment of its own, with a worker and a client.

These files import nothing of ours but each other, for they run where ours is not installed.
"""

NAMES = ("arq", "saq", "taskiq")
SAMPLES = 30
PAUSE_S = (0.02, 0.52)
"""Between one task and the next: at random over half a second, which is how often arq looks, so that nothing keeps step with anything."""
