"""What scripts/run, scripts/image and scripts/boot-tests share: making an image from a
configuration, choosing and driving an emulator, judging a run."""
