//! A broker that lets nobody in without papers: TLS with an authority of its own, log-ins, ACLs.
//!
//! Its listeners:
//!
//! ```text
//!   PLAINTEXT  for the tests' own administration; its anonymous user may do everything
//!   TLS        TLS
//!   MTLS       TLS with a client certificate of the same authority
//!   SASL       TLS and a log-in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER (tokens that nobody signed)
//!   SCRAM      TLS and a log-in by SCRAM-SHA-512 only
//!   EXPIRED    TLS with a certificate that has ended
//!   MISNAMED   TLS with a certificate for another host
//! ```

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, date_time_ymd,
};
use rdkafka::consumer::{BaseConsumer, Consumer};
use tempfile::TempDir;

use super::broker::{KafkaBroker, NoBroker, run_script};
use super::wait::within;

/// Every secret of these tests has this in it, and nothing that the program writes may.
pub const CANARY: &str = "S3cr3t-canary";
pub const PLAIN_PASSWORD: &str = "S3cr3t-canary-plain";
pub const SCRAM_PASSWORD: &str = "S3cr3t-canary-scram";
/// Opens `tests/security/encrypted_key.pem`.
pub const KEY_PASSWORD: &str = "S3cr3t-canary-key";

/// May do everything, by password, by certificate (`CN=trusted`) or by token.
pub const TRUSTED: &str = "trusted";
/// May do only what ACLs say.
pub const LIMITED: &str = "limited";

const LISTENERS: [&str; 6] = ["TLS", "MTLS", "SASL", "SCRAM", "EXPIRED", "MISNAMED"];
const START_LIMIT: Duration = Duration::from_secs(120);

/// The public half of `tests/security/encrypted_key.pem`, which openssl made: rcgen cannot encrypt keys.
const PUBLIC_KEY: &str = "0433b5f46dbf791ff0e0af53c0d95593745e41eabb569664cdb1e0c1f46bd3d4473f\
                          2b8cabf94359d5ad74ece0050995d75dde14b58a97331d6f06de015a4ee622";

pub struct SecureBroker {
    /// Its plain listener.
    pub broker: &'static KafkaBroker,
    addresses: Vec<(&'static str, String)>,
    folder: TempDir,
    script: Mutex<Option<Child>>,
}

static SHARED: OnceLock<Result<SecureBroker, NoBroker>> = OnceLock::new();

impl SecureBroker {
    /// The broker of this test binary, started by the first call.
    pub fn shared() -> Result<&'static Self, NoBroker> {
        SHARED.get_or_init(Self::start).as_ref().map_err(NoBroker::clone)
    }

    /// Stops the shared broker and deletes its files.
    pub fn stop_shared() {
        let Some(Ok(broker)) = SHARED.get() else { return };
        if let Some(mut script) = broker.script.lock().unwrap().take() {
            drop(script.stdin.take());
            script.wait().expect("kafka.sh can be waited for");
        }
        let _ = fs::remove_dir_all(broker.folder.path());
    }

    /// The address of a listener, by the name that a certificate for this host has.
    pub fn address(&self, listener: &str) -> &str {
        let found = self.addresses.iter().find(|(name, _)| *name == listener);
        &found.expect("a listener of that name").1
    }

    /// A file with papers: `ca.pem`, `other-ca.pem`, `client.pem`, `client.key`, those of a `stranger` from the other authority, `encrypted.pem`, `encrypted.key`.
    pub fn file(&self, name: &str) -> String {
        text(&self.folder.path().join(name))
    }

    /// Adds or removes the right of the limited user to an operation on a resource, such as `topic` and its name.
    pub fn acl(&self, verb: &str, operation: &str, resource: &str, name: &str) {
        let principal = if verb == "--add-deny" || verb == "--remove-deny" {
            "--deny-principal"
        } else {
            "--allow-principal"
        };
        let output = self
            .broker
            .tool("acls")
            .args([verb.trim_end_matches("-deny"), "--force", principal, &format!("User:{LIMITED}")])
            .args(["--operation", operation, &format!("--{resource}"), name])
            .output()
            .expect("kafka.sh can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Gives a user a password for both kinds of SCRAM.
    pub fn set_scram_password(&self, user: &str, password: &str) {
        // One kind at a time: a user's credentials cannot be altered twice in one request.
        for bits in ["256", "512"] {
            let config = format!("SCRAM-SHA-{bits}=[iterations=4096,password={password}]");
            let output = self
                .broker
                .tool("configs")
                .args(["--alter", "--entity-type", "users", "--entity-name", user, "--add-config", &config])
                .output()
                .expect("kafka.sh can be run");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    fn start() -> Result<Self, NoBroker> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = text(folder.path());
        let (mut script, bootstrap) = run_script(&["prepare", &path, "1"])?;
        script.wait().expect("kafka.sh can be waited for");
        issue_papers(folder.path());
        let addresses: Vec<_> = LISTENERS
            .iter()
            .zip(free_ports())
            .map(|(name, port)| (*name, format!("127.0.0.1:{port}")))
            .collect();
        add_security(folder.path(), &bootstrap, &addresses);
        let (script, _process) = run_script(&["node", &path, "1"])?;
        let broker = Box::leak(Box::new(KafkaBroker::at(bootstrap)));
        let secure = Self { broker, addresses, folder, script: Mutex::new(Some(script)) };
        secure.wait_until_it_answers();
        secure.set_scram_password(TRUSTED, SCRAM_PASSWORD);
        Ok(secure)
    }

    fn wait_until_it_answers(&self) {
        let client: BaseConsumer = self.broker.client().create().expect("a client can be made");
        let log = || fs::read_to_string(self.folder.path().join("1/node.log")).unwrap_or_default();
        within(START_LIMIT, "the broker answers", || {
            assert!(!log().contains("Exiting Kafka") && !log().contains("Exception"), "{}", log());
            let metadata = client.fetch_metadata(None, Duration::from_secs(2)).ok()?;
            (!metadata.brokers().is_empty()).then_some(())
        });
    }
}

/// Adds the listeners to the configuration that kafka.sh has made. Of a key given twice, the last one holds.
fn add_security(folder: &Path, bootstrap: &str, addresses: &[(&str, String)]) {
    let file = folder.join("1").join("server.properties");
    let before = fs::read_to_string(&file).expect("kafka.sh has written it");
    let listeners = before.lines().find(|line| line.starts_with("listeners=")).expect("it has listeners");
    let ours: Vec<_> = addresses.iter().map(|(name, address)| format!("{name}://{address}")).collect();
    let ours = ours.join(",");
    let at = |name: &str| text(&folder.join(name));
    let plain_users = format!(
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_{TRUSTED}=\"{PLAIN_PASSWORD}\" \
         user_{LIMITED}=\"{PLAIN_PASSWORD}\";"
    );
    let lines = [
        format!("{listeners},{ours}"),
        format!("advertised.listeners=PLAINTEXT://{bootstrap},{ours}"),
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MTLS:SSL,SASL:SASL_SSL,\
         SCRAM:SASL_SSL,EXPIRED:SSL,MISNAMED:SSL"
            .to_owned(),
        "ssl.keystore.type=PEM".to_owned(),
        format!("ssl.keystore.location={}", at("broker.both")),
        "ssl.truststore.type=PEM".to_owned(),
        format!("ssl.truststore.location={}", at("ca.pem")),
        "listener.name.mtls.ssl.client.auth=required".to_owned(),
        format!("listener.name.expired.ssl.keystore.location={}", at("expired.both")),
        format!("listener.name.misnamed.ssl.keystore.location={}", at("misnamed.both")),
        "listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER".to_owned(),
        format!("listener.name.sasl.plain.sasl.jaas.config={plain_users}"),
        scram("sasl", "256"),
        scram("sasl", "512"),
        "listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512".to_owned(),
        scram("scram", "512"),
        "listener.name.sasl.oauthbearer.sasl.jaas.config=\
         org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;"
            .to_owned(),
        "listener.name.sasl.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.\
         oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler"
            .to_owned(),
        // Clients with a token that ends must log in again, or are cut off.
        "listener.name.sasl.oauthbearer.connections.max.reauth.ms=3600000".to_owned(),
        "connections.max.reauth.ms=3600000".to_owned(),
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer".to_owned(),
        format!("super.users=User:ANONYMOUS;User:{TRUSTED};User:CN={TRUSTED}"),
    ];
    fs::write(&file, format!("{before}{}\n", lines.join("\n"))).expect("the file can be written");
}

fn scram(listener: &str, bits: &str) -> String {
    format!(
        "listener.name.{listener}.sasl.scram-sha-{bits}.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required;"
    )
}

/// Makes the authority, another one that nobody trusts, and everybody's certificates.
fn issue_papers(folder: &Path) {
    let write =
        |name: &str, content: &str| fs::write(folder.join(name), content).expect("papers can be written");
    let authority = authority("tonewire tests");
    let other = self::authority("somebody else");
    write("ca.pem", &authority.pem);
    write("other-ca.pem", &other.pem);
    for (name, mut params) in [
        ("broker", certificate("broker", &["localhost", "127.0.0.1"])),
        ("expired", certificate("broker", &["localhost", "127.0.0.1"])),
        ("misnamed", certificate("broker", &["kafka.example.org"])),
        ("client", certificate(TRUSTED, &[])),
        ("stranger", certificate(TRUSTED, &[])),
    ] {
        if name == "expired" {
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let issuer = if name == "stranger" { &other.issuer } else { &authority.issuer };
        let issued = params.signed_by(&key, issuer).expect("a certificate").pem();
        write(&format!("{name}.pem"), &issued);
        write(&format!("{name}.key"), &key.serialize_pem());
        write(&format!("{name}.both"), &format!("{}{issued}", key.serialize_pem()));
    }
    let encrypted: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests", "security", "encrypted_key.pem"].iter().collect();
    fs::copy(encrypted, folder.join("encrypted.key")).expect("the key is in the repository");
    let issued =
        certificate(TRUSTED, &[]).signed_by(&GivenKey::read(), &authority.issuer).expect("a certificate");
    write("encrypted.pem", &issued.pem());
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(name: &str) -> Authority {
    let mut params = certificate(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = Vec::new();
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    Authority { pem, issuer: Issuer::new(params, key) }
}

fn certificate(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).expect("host names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2120, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params
}

struct GivenKey(Vec<u8>);

impl GivenKey {
    fn read() -> Self {
        let digits = PUBLIC_KEY.as_bytes().chunks(2);
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
        Self(digits.map(byte).collect())
    }
}

impl PublicKeyData for GivenKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

/// Free ports below the range from which systems hand out ports by themselves.
fn free_ports() -> impl Iterator<Item = u16> {
    let start = 20_000 + u16::try_from(std::process::id() % 11_000).expect("below 11,000");
    (start..32_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in Unicode").to_owned()
}
