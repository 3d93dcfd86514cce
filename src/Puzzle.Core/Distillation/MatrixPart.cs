using Puzzle.Core.Models;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>Rows of a parameter that are a matrix of their own: queries, keys and values are stored as one, and so are gate and up.</summary>
/// <param name="Parameter">The leaf.</param>
/// <param name="Start">Its first row.</param>
/// <param name="Rows">How many.</param>
public sealed record MatrixPart(Tensor Parameter, long Start, long Rows)
{
    /// <summary>Of each row.</summary>
    public long Columns => Parameter.shape[1];

    /// <summary>These rows of the parameter, or of its gradient, as a view whose second side is the longer one.</summary>
    public Tensor Wide(Tensor tensor)
    {
        var rows = tensor.narrow(0, Start, Rows);
        return Rows > Columns ? rows.t() : rows;
    }

    /// <summary>All matrices inside the layers of a model.</summary>
    public static IEnumerable<MatrixPart> Of(Transformer model)
    {
        foreach (var subblock in model.Blocks.SelectMany(block => new[] { block.Attention, block.FeedForward }))
        {
            foreach (var parameter in subblock.Parameters.Where(parameter => parameter.dim() == 2))
            {
                long[] rows = subblock switch
                {
                    GroupedQueryAttention attention when ReferenceEquals(parameter, attention.Qkv) => Split(attention),
                    SwiGluFeedForward feedForward when ReferenceEquals(parameter, feedForward.GateUp) => [parameter.shape[0] / 2, parameter.shape[0] / 2],
                    _ => [parameter.shape[0]],
                };
                var start = 0L;
                foreach (var count in rows)
                {
                    yield return new MatrixPart(parameter, start, count);
                    start += count;
                }
            }
        }
    }

    private static long[] Split(GroupedQueryAttention attention)
    {
        var query = attention.Output.shape[1];
        var rest = (attention.Qkv.shape[0] - query) / 2;
        return [query, rest, rest];
    }
}
