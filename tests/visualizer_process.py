"""A visualizer in a process of its own, with the simulated engine, which a test may kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

PICTURE = {"width_px": 64, "height_px": 64}


class VisualizerProcess:
    """Draws 64x64 pictures for pool `test`; `settings` are names of environment variables without the prefix."""

    def __init__(self, redis_url: str, **settings: object) -> None:
        simulation = {"STEPS": 4, "STEP_MS": 50, "SIZES": "[[64, 64]]"}
        values = {
            "MODEL": "simulated",
            "POOL": "test",
            "REDIS_URL": redis_url,
            "PORT": 0,
            "LEASE_S": 1,
            "RENEW_S": 0.2,
        }
        values |= {f"SIMULATION__{name}": value for name, value in simulation.items()} | settings
        environment = {f"VISUALIZER_{name}": str(value) for name, value in values.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "visualizer_service.main"], env=os.environ | environment
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """Ask it to leave, and answer its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def wait(self) -> int:
        return self._process.wait(timeout=30)
