"""The data path in processes of its own, fed by the control plane; see `pool`."""
