//! Rebuilds when a migration file appears: the macro alone does not notice new ones.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
