//! argv → run → exit code.

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: tinydocker::sys::alloc::LaunchAllocator = tinydocker::sys::alloc::LaunchAllocator::new();

fn main() -> std::process::ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if let Some(role) = tinydocker::engine::init::role(&args) {
        tinydocker::engine::init::main(role);
    }
    std::process::ExitCode::from(tinydocker::cli::main(args).code())
}
