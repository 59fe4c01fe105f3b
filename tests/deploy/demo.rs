//! A running `tonewire demo`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::tools::tonewire;

pub struct Demo {
    process: Child,
    /// Of its pages, host and port.
    pub address: String,
}

impl Demo {
    /// Starts a demo on a free port, and reads from its introduction which.
    pub fn start() -> Self {
        let mut process = tonewire()
            .args(["demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let rest = line.split_once("http://")?.1;
            rest.split_once('/').map(|(address, _)| address.to_owned())
        });
        // Whoever stops reading stops the demo.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address: address.expect("the demo says where its pages are") }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
