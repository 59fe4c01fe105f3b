//! The systemd unit.

use std::process::Command;
use std::time::Duration;

use super::tools::{Missing, find, read, succeed};

const UNIT: &str = "deploy/systemd/tonewire.service";
/// In tenths: 12 of 100 is what the unit has; what is left is the network and the user's number.
const MOST_EXPOSED: &str = "--threshold=15";

pub fn systemd_accepts_the_unit_and_finds_it_hardened() -> Result<(), Missing> {
    let analyze = find("systemd-analyze", "install systemd")?;
    let folder = tempfile::tempdir().unwrap();
    // systemd wants the program to be there.
    let unit = read(UNIT).replace("/usr/bin/tonewire", env!("CARGO_BIN_EXE_tonewire"));
    let file = folder.path().join("tonewire.service");
    std::fs::write(&file, &unit).unwrap();
    let said = succeed(Command::new(&analyze).args(["verify", "--man=no"]).arg(&file));
    assert!(!said.contains("tonewire.service"), "{said}");
    succeed(
        Command::new(&analyze).args(["security", "--offline=true", "--no-pager", MOST_EXPOSED]).arg(&file),
    );

    let value = |key: &str| {
        unit.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("no {key}"))
    };
    let stop = Duration::from_secs(value("TimeoutStopSec=").parse().unwrap());
    let configuration = read("config/tonewire.toml");
    let limit = configuration.lines().find_map(|line| line.strip_prefix("shutdown_timeout_ms = ")).unwrap();
    assert!(
        stop > Duration::from_millis(limit.parse().unwrap()),
        "systemd kills before the service gives up"
    );
    Ok(())
}
