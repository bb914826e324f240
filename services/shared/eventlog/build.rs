//! A new migration is noticed by the compiler only when told to look.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
