//! Compiles the contracts without protoc.

use std::path::{Path, PathBuf};

/// Every `.proto` below `dir`, sorted so that the build is reproducible.
fn protos(dir: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            protos(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=hotline");
    println!("cargo:rerun-if-changed=build.rs");
    let mut files = Vec::new();
    protos(Path::new("hotline"), &mut files)?;
    let descriptors = protox::compile(&files, ["."])?;
    #[allow(
        clippy::disallowed_methods,
        reason = "cargo tells a build script its folder by the environment"
    )]
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&descriptors))?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
