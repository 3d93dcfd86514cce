using System.Runtime.InteropServices;
using Puzzle.Core.Variants;
using Puzzle.Serving.Engine;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Bench;

/// <summary>What a pass cannot do without: operations, and bytes that are read at least once.</summary>
/// <param name="Operations">Multiplications and additions of matrix products and attention.</param>
/// <param name="Bytes">Weights once, and the keys and values that are looked at.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PassWork(double Operations, double Bytes)
{
    public static PassWork operator +(PassWork a, PassWork b) => new(a.Operations + b.Operations, a.Bytes + b.Bytes);

    /// <summary>The work of a pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parts">For each sequence in the pass: tokens before it, tokens in it.</param>
    /// <param name="wanted">Positions whose logits are computed.</param>
    public static PassWork Of(CpuModel model, IEnumerable<(int Before, int Count)> parts, int wanted)
    {
        var config = model.Config;
        var all = parts.ToList();
        var tokens = all.Sum(part => (double)part.Count);
        var work = new PassWork(0, model.FinalNorm.Bytes);
        foreach (var (attention, feedForward) in model.Layers)
        {
            foreach (var matrix in new[] { attention.Input, attention.Output, feedForward.Input, feedForward.Output })
            {
                if (matrix is not null)
                    work += Product(matrix, tokens);
            }

            if (attention.Spec is not GroupedQuerySpec spec)
                continue;
            foreach (var (before, count) in all)
            {
                work += new PassWork(
                    4.0 * config.Heads * config.HeadDim * Enumerable.Range(before, count).Sum(position => (double)Visible(spec, position)),
                    2.0 * sizeof(float) * spec.KvHeads * config.HeadDim * (Visible(spec, before + count - 1) + (spec.Window is null ? 0 : count - 1)));
            }
        }

        return wanted == 0 ? work : work + Product(model.Head, wanted);
    }

    private static PassWork Product(PackedMatrix matrix, double rows) => new(2.0 * rows * matrix.Rows * matrix.Columns, matrix.Bytes);

    private static int Visible(GroupedQuerySpec spec, int position) =>
        spec.Window is { } window ? Math.Min(position + 1, window + Math.Min(spec.Sinks, Math.Max(0, position + 1 - window))) : position + 1;
}
