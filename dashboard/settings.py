"""What did the operator set? Environment, a TOML file and the command line, in rising order."""

import sys
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

PACKAGE = Path(__file__).parent
APP = PACKAGE / "app.py"
SERVER = PACKAGE / "server.py"
TOML = Path("alpha-model.toml")
"""Read from the folder where the dashboard is started; its table `[dashboard]` holds these settings."""


class Settings(BaseSettings):
    """Settings of the dashboard; as environment variables they start with `ALPHA_MODEL_DASHBOARD_`."""

    model_config = SettingsConfigDict(
        env_prefix="ALPHA_MODEL_DASHBOARD_",
        toml_file=TOML,
        toml_table_header=("dashboard",),
        extra="forbid",
    )

    files: tuple[Path, ...] = Field(
        default=(), description="Histories and datasets to open, beside those on the command line."
    )
    samples: Path | None = Field(
        default=None, description="Folder of sample histories; unset is the one that came along."
    )
    max_upload_mb: int = Field(default=200, ge=1, description="Largest upload, in MB; uploads are held in memory.")

    max_unpacked_mb: int = Field(default=2_000, ge=1, description="Most memory that opening an upload may take, in MB.")

    native_charts: bool = Field(
        default=False, description="Let Streamlit draw the charts itself: they lose their zoom when they change."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, and that over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def sample_folder(self) -> Path | None:
        """Where the samples are: as set, in the package, or beside it in the repository; None where there are none."""
        candidates = (PACKAGE / "sample_states", PACKAGE.parent / "sample_states")
        folders = (self.samples,) if self.samples is not None else candidates
        return next((folder for folder in folders if folder.is_dir()), None)


def load_settings() -> Settings:
    """The settings of this process; files named on the command line come first."""
    settings = Settings()
    named = tuple(Path(argument) for argument in command_line())
    return settings.model_copy(update={"files": tuple(dict.fromkeys((*named, *settings.files)))})


def command_line() -> list[str]:
    """The arguments after `--` of `streamlit run server.py -- FILE …`; none where something else runs the app."""
    if not sys.argv or Path(sys.argv[0]).resolve() not in {APP.resolve(), SERVER.resolve()}:
        return []
    return sys.argv[1:]
