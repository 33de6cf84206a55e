"""The commands of `alpha-model`, one file each; `alpha_model.cli` finds them by their entry points."""
