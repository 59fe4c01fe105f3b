//! What a package has in it: manual pages, completions, and the Debian package itself.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::tools::{Missing, find, read, repository, run, succeed, text_of, tonewire};

pub fn the_manual_has_a_page_for_each_command() -> Result<(), Missing> {
    let folder = tempfile::tempdir().unwrap();
    succeed(tonewire().args(["man", "--directory"]).arg(folder.path()));
    let help = succeed(tonewire().arg("--help"));
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut pages = 0;
    for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let file = folder.path().join(format!("tonewire-{name}.1"));
        let page =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(page.contains(".SH OPTIONS") && page.contains(".SH DESCRIPTION"), "{name}: {page}");
        pages += 1;
    }
    assert!(pages > 8, "commands were not found in: {help}");
    let first = std::fs::read_to_string(folder.path().join("tonewire.1")).unwrap();
    assert_eq!(first, succeed(tonewire().arg("man")), "printed and written pages differ");
    Ok(())
}

/// Paths of the assets in Cargo.toml; those that deploy/debian/build makes are not there before.
pub fn every_file_of_the_debian_package_is_there() -> Result<(), Missing> {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    let mut sources = Vec::new();
    for asset in deb["assets"].as_array().unwrap() {
        sources.push(asset[0].as_str().unwrap());
    }
    sources.extend(deb["license-file"][0].as_str());
    assert!(sources.len() > 5);
    for source in sources.iter().filter(|source| !source.starts_with("target/")) {
        assert!(repository().join(source).is_file(), "no {source}");
    }
    let units = deb["systemd-units"]["unit-name"].as_str().unwrap();
    let scripts = deb["maintainer-scripts"].as_str().unwrap();
    assert!(repository().join(scripts).join(format!("{units}.service")).is_file());
    let build = read("deploy/debian/build");
    for made in sources.iter().filter_map(|source| source.strip_prefix("target/package/completions/")) {
        assert!(build.contains(&format!("> target/package/completions/{made}")), "nothing makes {made}");
    }
    Ok(())
}

/// As deploy/debian/build does it, in a folder of its own, and with a small program instead of ours: a debug build takes
/// minutes to compress.
pub fn cargo_deb_packs_everything_that_is_listed() -> Result<(), Missing> {
    let cargo_deb = find("cargo-deb", "cargo install --locked cargo-deb")?;
    let dpkg_deb = find("dpkg-deb", "install dpkg")?;
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let output = Command::new(cargo_deb)
        .args(["deb", "--no-build", "--no-strip", "--offline", "--output", "tonewire.deb"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text_of(&output));
    let package = folder.path().join("tonewire.deb");
    let contents = succeed(Command::new(&dpkg_deb).arg("--contents").arg(&package));
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    for asset in manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap() {
        let (source, to) = (asset[0].as_str().unwrap(), asset[1].as_str().unwrap());
        let to = if to.ends_with('/') && !source.contains('*') {
            format!("{to}{}", source.rsplit('/').next().unwrap())
        } else {
            to.to_owned()
        };
        assert!(contents.contains(&format!("./{to}")), "no {to} in\n{contents}");
    }
    for path in ["lib/systemd/system/tonewire.service", "man1/tonewire-run.1.gz", "tonewire/copyright"] {
        assert!(contents.contains(path), "no {path} in\n{contents}");
    }
    let control = succeed(Command::new(&dpkg_deb).arg("--field").arg(&package));
    for part in ["Package: tonewire", "libc6", "ca-certificates"] {
        assert!(control.contains(part), "no {part} in\n{control}");
    }
    Ok(())
}

/// The repository without what was built, and what the package's script makes.
fn prepare(folder: &Path) {
    for entry in std::fs::read_dir(repository()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name != "target" && name != ".git" {
            symlink(&path, folder.join(name)).unwrap();
        }
    }
    let made = folder.join("target/package");
    std::fs::create_dir_all(made.join("completions")).unwrap();
    std::fs::create_dir_all(folder.join("target/release")).unwrap();
    std::fs::copy("/bin/true", folder.join("target/release/tonewire")).unwrap();
    succeed(tonewire().args(["man", "--directory"]).arg(made.join("man")));
    for (shell, name) in [("bash", "tonewire"), ("zsh", "_tonewire"), ("fish", "tonewire.fish")] {
        let output = run(tonewire().args(["completions", shell]));
        std::fs::write(made.join("completions").join(name), output.stdout).unwrap();
    }
}
