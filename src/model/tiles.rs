//! Integer matrix products with the tile registers of newer Intel servers (AMX-INT8), where there are any.
//!
//! A tile instruction multiplies 16 rows by 16 columns of 64 bytes each; the sums are exact, so the results are those of
//! every other way to multiply, bit for bit. Rust has no stable functions for these instructions, so this is the one
//! module of the program with `unsafe` code: three pieces of assembly and one system call, behind safe functions
//! that check every length. What it brings is in `docs/performance.md`.
//!
//! Format of the weights and meaning of the instructions: Intel 64 and IA-32 Architectures Optimization Reference
//! Manual, chapter 20 ("Intel AMX"). Permission to use the registers: Linux, `Documentation/arch/x86/xstate.rst`.

#![cfg_attr(
    all(target_os = "linux", target_arch = "x86_64"),
    expect(unsafe_code, reason = "tile instructions have no safe functions in stable Rust")
)]

use super::aligned::Aligned;

/// Rows and columns of one step: two tiles by two tiles, which keeps four of the eight registers as sums.
pub(super) const STEP: usize = 32;
/// What is added to activations to make them unsigned.
pub(super) const ZERO_POINT: i32 = 128;
/// Rows or columns of a tile.
const TILE: usize = 16;
/// Bytes of a row of a tile.
const DEPTH: usize = 64;

/// Proof that this process may use the tile registers.
#[derive(Clone, Copy)]
pub(super) struct TileUnit {
    _allowed: (),
}

impl TileUnit {
    /// The unit of this processor, if it has one and the system lets programs use it. The first call asks the system.
    pub(super) fn of_this_processor() -> Option<Self> {
        use std::sync::LazyLock;
        static ALLOWED: LazyLock<bool> = LazyLock::new(processor::allow_tiles);
        ALLOWED.then_some(Self { _allowed: () })
    }
}

/// int8 weights `[outputs, inputs]` in the order in which tiles are read.
pub(super) struct TileWeights {
    /// For every strip of 32 outputs and every 64 inputs two tiles; a row of a tile has 4 inputs of 16 outputs.
    tiles: Aligned<i8>,
    /// What the sums of each output start with: activations are unsigned, [`ZERO_POINT`] too high.
    starts: Aligned<i32>,
    outputs: usize,
    inputs: usize,
}

impl TileWeights {
    /// None where the shape does not come out even. `weights` is `[outputs, inputs]`, row after row.
    pub(super) fn new(weights: &[i8], outputs: usize) -> Option<Self> {
        let inputs = weights.len() / outputs;
        if !outputs.is_multiple_of(STEP) || !inputs.is_multiple_of(DEPTH) {
            return None;
        }
        let mut tiles = Vec::with_capacity(weights.len());
        for strip in weights.chunks_exact(STEP * inputs) {
            for depth in (0..inputs).step_by(DEPTH) {
                for half in strip.chunks_exact(TILE * inputs) {
                    push_tile(&mut tiles, half, inputs, depth);
                }
            }
        }
        let start = |row: &[i8]| -ZERO_POINT * row.iter().map(|weight| i32::from(*weight)).sum::<i32>();
        let starts: Vec<i32> = weights.chunks_exact(inputs).map(start).collect();
        Some(Self { tiles: Aligned::copy_of(&tiles), starts: Aligned::copy_of(&starts), outputs, inputs })
    }

    /// `out = (rows - zero point) * weights`, `[rows, outputs]`. `rows` is `[rows, inputs]`, a multiple of [`STEP`] rows; both
    /// are faster where they begin on a cache line.
    pub(super) fn multiply(&self, unit: TileUnit, rows: &[u8], out: &mut [i32]) {
        let outputs = self.outputs;
        assert!(rows.len().is_multiple_of(STEP * self.inputs), "rows are padded to whole steps");
        assert_eq!(out.len() / outputs, rows.len() / self.inputs, "there is room for every row");
        let _configured = processor::Configured::new(unit);
        // A strip of weights stays in the first cache while all rows pass.
        let strips = self.tiles.all().chunks_exact(STEP * self.inputs);
        let strips = strips.zip(self.starts.all().as_chunks::<STEP>().0).take(outputs / STEP);
        for (strip, (tiles, starts)) in strips.enumerate() {
            let steps = rows.chunks_exact(STEP * self.inputs).zip(out.chunks_exact_mut(STEP * outputs));
            for (rows, out) in steps {
                processor::step(rows, tiles, starts, &mut out[strip * STEP..], outputs);
            }
        }
    }
}

/// One tile of weights: of 16 rows the 64 inputs from `depth` on, four by four.
fn push_tile(tiles: &mut Vec<i8>, rows: &[i8], inputs: usize, depth: usize) {
    for four in (depth..depth + DEPTH).step_by(4) {
        for row in rows.chunks_exact(inputs) {
            tiles.extend_from_slice(&row[four..four + 4]);
        }
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod processor {
    use std::arch::asm;
    use std::arch::x86_64::__cpuid_count;
    use std::marker::PhantomData;

    use super::{DEPTH, STEP, TILE, TileUnit};

    /// Asks whether the processor has tiles with int8 products, then the system for permission to use them.
    pub(super) fn allow_tiles() -> bool {
        const REQUEST_PERMISSION: usize = 0x1023;
        const TILE_DATA: usize = 18;
        const TILES_AND_INT8: u32 = 1 << 24 | 1 << 25;
        if __cpuid_count(0, 0).eax < 7 || __cpuid_count(7, 0).edx & TILES_AND_INT8 != TILES_AND_INT8 {
            return false;
        }
        // SAFETY: the call takes numbers only and gives this process larger state to save; where the system or its
        // settings do not allow that, it returns an error and changes nothing.
        unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0 }
    }

    /// The tile registers of this thread are set up as long as this lives; afterwards they cost no context switch anything.
    pub(super) struct Configured {
        /// Registers belong to the thread.
        _thread: PhantomData<*const ()>,
    }

    impl Configured {
        pub(super) fn new(_allowed: TileUnit) -> Self {
            /// Palette 1; of each of the 8 tiles the bytes of a row, from byte 16 on, and the rows, from byte 48 on.
            #[repr(align(64))]
            struct Shapes([u8; 64]);
            static SHAPES: Shapes = {
                let mut bytes = [0; 64];
                bytes[0] = 1;
                let mut tile = 0;
                while tile < 8 {
                    bytes[16 + 2 * tile] = 64;
                    bytes[48 + tile] = 16;
                    tile += 1;
                }
                Shapes(bytes)
            };
            // SAFETY: `TileUnit` proves that the registers exist and that this process may use them. The instruction
            // reads 64 bytes, which `SHAPES` has; the shapes are within those of palette 1 (16 rows of 64 bytes).
            unsafe { asm!("ldtilecfg [{}]", in(reg) SHAPES.0.as_ptr(), options(nostack, readonly)) };
            Self { _thread: PhantomData }
        }
    }

    impl Drop for Configured {
        fn drop(&mut self) {
            // SAFETY: `new` has set the registers up, so the instruction exists; it gives them up and touches no memory.
            unsafe { asm!("tilerelease", options(nostack, nomem)) };
        }
    }

    /// 32 rows times 32 outputs. `rows` is `[32, inputs]`; of `out`, `[32, outputs]`, the first 32 columns are written.
    pub(super) fn step(rows: &[u8], tiles: &[i8], starts: &[i32; STEP], out: &mut [i32], outputs: usize) {
        let inputs = rows.len() / STEP;
        assert!(inputs > 0 && inputs.is_multiple_of(DEPTH) && rows.len() == STEP * inputs);
        assert_eq!(tiles.len(), STEP * inputs);
        assert!(out.len() >= (STEP - 1) * outputs + STEP);
        let (upper, lower) = (rows.as_ptr(), rows[TILE * inputs..].as_ptr());
        let (out_upper, out_lower) = out.split_at_mut(TILE * outputs);
        // SAFETY: the caller holds `Configured` (this module's parent makes one around every call). The loop runs
        // `inputs / 64` times; each turn reads 64 bytes of each of the 32 rows and the next 2,048 bytes of `tiles`,
        // which have these lengths by the assertions above. The sums start with 32 numbers of `starts`, read by every
        // row with stride 0, and go to 32 numbers of each of the 32 rows of `out`. The registers that are changed are
        // named, and the stack is not used.
        unsafe {
            asm!(
                "tileloadd tmm0, [{starts} + {none}*1]",
                "tileloadd tmm1, [{starts} + {none}*1 + 64]",
                "tileloadd tmm2, [{starts} + {none}*1]",
                "tileloadd tmm3, [{starts} + {none}*1 + 64]",
                "2:",
                "tileloadd tmm4, [{upper} + {row_bytes}*1]",
                "tileloadd tmm6, [{tiles} + {tile_row}*1]",
                "tdpbusd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{tiles} + {tile_row}*1 + 1024]",
                "tdpbusd tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{lower} + {row_bytes}*1]",
                "tdpbusd tmm2, tmm5, tmm6",
                "tdpbusd tmm3, tmm5, tmm7",
                "add {upper}, 64",
                "add {lower}, 64",
                "add {tiles}, 2048",
                "dec {turns}",
                "jnz 2b",
                "tilestored [{out_upper} + {out_bytes}*1], tmm0",
                "tilestored [{out_upper} + {out_bytes}*1 + 64], tmm1",
                "tilestored [{out_lower} + {out_bytes}*1], tmm2",
                "tilestored [{out_lower} + {out_bytes}*1 + 64], tmm3",
                upper = inout(reg) upper => _,
                lower = inout(reg) lower => _,
                row_bytes = in(reg) inputs,
                tiles = inout(reg) tiles.as_ptr() => _,
                tile_row = in(reg) DEPTH,
                turns = inout(reg) inputs / DEPTH => _,
                starts = in(reg) starts.as_ptr(),
                none = in(reg) 0_usize,
                out_upper = in(reg) out_upper.as_mut_ptr(),
                out_lower = in(reg) out_lower.as_mut_ptr(),
                out_bytes = in(reg) outputs * size_of::<i32>(),
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }
}

/// Other systems and processors have no tiles: no [`TileUnit`] can be had, so nothing here is ever called.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod processor {
    use super::{STEP, TileUnit};

    pub(super) fn allow_tiles() -> bool {
        false
    }

    pub(super) struct Configured;

    impl Configured {
        pub(super) fn new(_allowed: TileUnit) -> Self {
            Self
        }
    }

    pub(super) fn step(_: &[u8], _: &[i8], _: &[i32; STEP], _: &mut [i32], _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deterministic bytes that take every value.
    fn bytes(count: usize, seed: usize) -> Vec<u8> {
        (0..count).map(|i| ((i * 104_729 + i / 7 + seed) % 256).to_le_bytes()[0]).collect()
    }

    #[test]
    fn products_are_those_of_plain_arithmetic() {
        let Some(unit) = TileUnit::of_this_processor() else {
            eprintln!("this processor has no tiles");
            return;
        };
        for (rows, outputs, inputs) in [(32, 32, 64), (64, 96, 384), (96, 384, 1536)] {
            let left = bytes(rows * inputs, 1);
            let weights: Vec<i8> = bytes(outputs * inputs, 2).into_iter().map(u8::cast_signed).collect();
            let packed = TileWeights::new(&weights, outputs).unwrap();
            let mut out = vec![0; rows * outputs];
            packed.multiply(unit, &left, &mut out);
            for (row, found) in left.chunks_exact(inputs).zip(out.chunks_exact(outputs)) {
                for (weights, found) in weights.chunks_exact(inputs).zip(found) {
                    let products =
                        row.iter().zip(weights).map(|(x, w)| (i32::from(*x) - 128) * i32::from(*w));
                    assert_eq!(products.sum::<i32>(), *found);
                }
            }
        }
    }

    #[test]
    fn shapes_that_do_not_come_out_even_are_left_to_others() {
        assert!(TileWeights::new(&[0; 31 * 64], 31).is_none());
        assert!(TileWeights::new(&[0; 32 * 63], 32).is_none());
        assert!(TileWeights::new(&[0; 32 * 64], 32).is_some());
    }
}
