//! What a package has in it: manual pages, completions, and the list of the Debian package.

use super::tools::{Missing, read, repository, succeed, tonewire};

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
