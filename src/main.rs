//! argv → run → exit code.

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: tinydocker::sys::alloc::LaunchAllocator = tinydocker::sys::alloc::LaunchAllocator::new();

fn main() -> std::process::ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    std::process::ExitCode::from(tinydocker::cli::main(args).code())
}
