//! What the kernels cost that a row meets on its way: `cargo bench -p tidemark-engine [FILTER]`.
//!
//! Each is called through its public door, over columns of batches as the runtime makes them. Keys, groups and times are functions of a
//! row's number that look random, so that every run measures the same work.

mod accumulators;
mod decoding;
mod exchange;
mod expressions;
mod keys;
mod rows;
mod watermarks;

/// As in the program: columns are made on one thread and let go of on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}
