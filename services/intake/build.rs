//! A new migration file is compiled in: without this line nobody would notice it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
