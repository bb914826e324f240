//! Linker options of the program.

fn main() {
    // Packed relative relocations (DT_RELR) make the image 2 MB smaller. Linkers without support ignore the option.
    println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    println!("cargo:rerun-if-changed=build.rs");
}
