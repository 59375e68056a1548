//! Every fuzz target on its seeds, and on seeds cut short or with a byte
//! changed: the targets work, whether or not anybody fuzzes today.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;
#[path = "../../../fuzz/entries.rs"]
mod entries;

#[test]
fn every_target_takes_its_seeds() {
    let root = common::root();
    for (name, target) in entries::ALL {
        let file = root.join(format!("fuzz/fuzz_targets/{name}.rs"));
        assert!(file.is_file(), "{} is missing", file.display());
        let seeds = entries::seeds(&root, name);
        let mut tried = 0;
        for seed in std::fs::read_dir(&seeds).expect("seeds") {
            let bytes = std::fs::read(seed.unwrap().path()).unwrap();
            target(&bytes);
            target(&bytes[..bytes.len() / 2]);
            for at in [bytes.len() / 3, bytes.len().saturating_sub(2)] {
                let mut changed = bytes.clone();
                changed[at] ^= 0x15;
                target(&changed);
            }
            tried += 1;
        }
        assert!(tried >= 2, "{name} has {tried} seeds");
    }
    let files = std::fs::read_dir(root.join("fuzz/fuzz_targets")).unwrap();
    assert_eq!(files.count(), entries::ALL.len(), "a target in no list");
}
