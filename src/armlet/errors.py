"""One error type for each cause of failure; every one says what to do next.

A stage raises, the command prints: ``armlet.command`` is the only place that catches these.
"""


class ArmletError(Exception):
    """A failure that the user can act on.

    Args:
        problem: What is wrong and where, without a full stop.
        next_step: What the user should do, as an imperative.
    """

    exit_code = 1

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(f"{problem}; {next_step}")
        self.problem = problem
        self.next_step = next_step


class WeightsError(ArmletError):
    """Weights that can't be read, or that don't fit the network."""


class DownloadError(ArmletError):
    """Published weights that can't be fetched, or that aren't what their name says."""


class NetworkError(ArmletError):
    """A network that can't be found, made or traced."""


class UnsupportedOperator(ArmletError):
    """An operator that the writers of ONNX and TFLite don't know."""


class ImageError(ArmletError):
    """A picture that can't be read, or no picture where one is needed."""


class SourceError(ArmletError):
    """A camera or a video that can't be opened, or that gives no pictures any more."""


class DatasetError(ArmletError):
    """A folder, zip or IDX file of labelled pictures that isn't what it should be."""


class CalibrationError(ArmletError):
    """Activation ranges that can't be used."""


class BundleError(ArmletError):
    """A bundle or a model file that is missing, damaged or of another version."""


class BackendError(ArmletError):
    """An inference runtime that isn't installed, or that can't run the file."""


class MeasurementError(ArmletError):
    """A measurement that can't be believed, for what the device did meanwhile."""


class OutputError(ArmletError):
    """A place that can't be written to."""


class ListenError(ArmletError):
    """An address on which nothing can be served."""


class OptionError(ArmletError):
    """An option whose value doesn't fit the rest of the call."""


class ConnectionFailed(ArmletError):
    """A device that can't be reached by SSH, or not any longer."""


class DeviceError(ArmletError):
    """A device that can't take armlet, or can't do what it was asked."""


class DeviceBusy(ArmletError):
    """A device to which somebody else is deploying."""


class WheelError(ArmletError):
    """Packages for a device that can't be fetched or made."""


class RefusedRelease(ArmletError):
    """A bundle that was not made active, since it doesn't answer on the device as it should."""


class AgreementError(ArmletError):
    """Exported files that don't agree with PyTorch. They are kept for a look."""

    exit_code = 3
