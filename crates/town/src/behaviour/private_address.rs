//! `private-address(loopback | metadata | lan | ipv6)`: a redirect that would
//! steer whoever follows it into somebody's own network.

use super::{Answer, Arc, Arguments, Ask, Behaviour, SharedBehaviour, SpecError};

#[derive(Debug)]
struct PrivateAddress {
    location: &'static str,
}

pub(super) fn build(arguments: &Arguments<'_>) -> Result<SharedBehaviour, SpecError> {
    arguments.at_most(1)?;
    let location = match arguments.word(0, &["loopback", "metadata", "lan", "ipv6"])? {
        "metadata" => "http://169.254.169.254/latest/meta-data/",
        "lan" => "http://192.168.1.1/admin",
        "ipv6" => "http://[::ffff:127.0.0.1]:9/",
        _ => "http://127.0.0.1:9/",
    };
    Ok(Arc::new(PrivateAddress { location }))
}

impl Behaviour for PrivateAddress {
    fn answer(&self, _ask: &Ask<'_>) -> Answer {
        Answer::redirect(302, self.location)
    }
}
