//! docker's bound of memory and swap together.

use super::{CommandLine, FlagValue, Meaning, insert};
use crate::profile::fault::Fault;
use crate::profile::found::Found;
use crate::profile::layer::{At, LayerData};
use crate::profile::lexical::parse_size;
use crate::profile::origin::Layer;
use crate::profile::path::KeyPath;
use crate::profile::prepare::Prepared;
use figment::value::Value;

/// Reads `--memory-swap`, docker's bound of memory and swap together, once all layers
/// are there: `swap` is what is left of it beside the memory.
pub fn swap_total(flags: &[FlagValue], line: &CommandLine, layers: &mut [Prepared]) {
    let Some(flag) = flags.iter().rev().find(|flag| flag.meaning == Meaning::SwapTotal) else { return };
    let (memory, swap) = (KeyPath::keys(["cgroup", "memory"]), KeyPath::keys(["cgroup", "swap"]));
    // A bound that can't be read is reported already.
    if layers.iter().any(|prepared| prepared.found.iter().any(|found| found.path == memory)) {
        return;
    }
    let removed = |layer: &LayerData| layer.removals.iter().any(|it| memory.starts_with(&it.path));
    let bound = layers.iter().rev().map(|prepared| &prepared.layer);
    let bound = bound.map(|layer| (layer.get(&memory).cloned(), removed(layer)));
    let bound = bound.into_iter().find(|(bound, removed)| bound.is_some() || *removed);
    let Some(prepared) = layers.iter_mut().find(|prepared| prepared.layer.layer == Layer::Flag) else {
        return;
    };
    let span = line.span(flag.typed.as_ref());
    match swap_beside(&flag.text, bound.and_then(|(bound, _)| bound).as_ref()) {
        Ok(value) => insert(&mut prepared.layer, swap, value, span),
        Err(fault) => {
            let mut problem = Found::fault(&prepared.layer, &swap, At::Value, &fault);
            problem.diagnostic.message = fault.message;
            prepared.found.push(problem);
        }
    }
}

fn swap_beside(total: &str, memory: Option<&Value>) -> Result<Value, Fault> {
    if total == "-1" {
        return Ok(Value::from("max"));
    }
    let total = parse_size(total)?;
    let fault = |message: &str, label: &str| Fault::new("swap_total", message, label);
    let memory = match memory {
        Some(Value::String(_, text)) if text == "max" => None,
        Some(Value::String(_, text)) => parse_size(text).ok(),
        Some(number) => {
            let signed = number.to_i128().and_then(|number| u64::try_from(number).ok());
            signed.or_else(|| u64::try_from(number.to_u128()?).ok())
        }
        None => {
            return Err(fault("--memory-swap bounds memory and swap together", "needs --memory")
                .help("write --memory as well; or the swap alone: --set cgroup.swap=SIZE"));
        }
    };
    let Some(memory) = memory else {
        return Err(fault("--memory-swap bounds memory and swap together", "memory has no bound")
            .help("write a size as --memory; or the swap alone: --set cgroup.swap=SIZE"));
    };
    match total.checked_sub(memory) {
        Some(swap) => Ok(Value::from(swap)),
        None => {
            Err(fault("--memory-swap is less than the memory alone", format!("less than {memory}").as_str())
                .help("it is memory and swap together; the swap alone is --set cgroup.swap=SIZE"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_is_what_is_left_of_dockers_total() {
        let beside = |total: &str, memory: Option<Value>| swap_beside(total, memory.as_ref());
        let swap = |total: &str, memory: Value| beside(total, Some(memory)).unwrap().to_u128();
        assert_eq!(swap("1g", Value::from("256m")), Some(768 << 20));
        assert_eq!(swap("268435456", Value::from(1 << 28)), Some(0));
        assert_eq!(beside("-1", None).unwrap().as_str(), Some("max"));
        for (total, memory) in
            [("1g", None), ("1g", Some(Value::from("2g"))), ("1g", Some(Value::from("max")))]
        {
            assert_eq!(beside(total, memory).unwrap_err().code, "swap_total");
        }
        assert_eq!(beside("1q", Some(Value::from(1))).unwrap_err().code, "size_unit");
    }
}
