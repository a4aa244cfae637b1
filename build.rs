//! The built-in scenarios are embedded: a file that is added to their folder must be seen.

fn main() {
    println!("cargo::rerun-if-changed=scenarios");
}
