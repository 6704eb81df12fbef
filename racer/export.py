"""Where `racer.train.export` was; programs that import it from here go on working."""

from racer.train.export import export_policy, model_metadata

__all__ = ["export_policy", "model_metadata"]
