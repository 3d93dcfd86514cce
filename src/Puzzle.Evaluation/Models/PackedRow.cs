using Puzzle.Core.Evaluation;

namespace Puzzle.Evaluation.Models;

/// <summary>
/// A group of continuations as one row of tokens: what they share (the context and any common start), then the rest of
/// each. The last id of a continuation is a target only and never goes in.
/// </summary>
internal sealed class PackedRow
{
    private readonly List<long> _ids = [];
    private readonly List<long> _positions = [];
    private readonly List<long> _branches = [];
    private readonly List<(int Row, int Target, int Continuation)> _targets = [];

    /// <param name="group">Index of the group in the request.</param>
    /// <param name="first">The first of the group's continuations that this row holds.</param>
    public PackedRow(int group, ScoringGroup scored, int first, int count)
    {
        (Group, First, Count) = (group, first, count);
        var (context, continuations) = (scored.Context, scored.Continuations.Skip(first).Take(count).ToArray());
        var common = CommonLength(continuations);
        Append([.. context, .. continuations[0].AsSpan(0, common)], 0, 0);
        var shared = _ids.Count;
        for (var i = 0; i < continuations.Length; i++)
        {
            var rest = continuations[i].AsSpan(common);
            var start = _ids.Count;
            Append(rest.Length == 0 ? [] : rest[..^1], shared, i + 1);
            for (var t = 0; t < continuations[i].Length; t++)
            {
                // Predicted by the token before: in the shared part, or in the branch.
                var before = context.Length + t - 1;
                _targets.Add((before < shared ? before : start + before - shared, continuations[i][t], i));
            }
        }
    }

    public int Group { get; }

    public int First { get; }

    public int Count { get; }

    /// <summary>Whether the row is one plain text: then no mask is needed.</summary>
    public bool IsPlain => _branches[^1] <= 1;

    public int Length => _ids.Count;

    public IReadOnlyList<long> Ids => _ids;

    public IReadOnlyList<long> Positions => _positions;

    public IReadOnlyList<long> Branches => _branches;

    /// <summary>For each scored id: the token that predicts it, the id, and whose it is.</summary>
    public IReadOnlyList<(int Row, int Target, int Continuation)> Targets => _targets;

    /// <summary>Splits a group so that no row is longer than <paramref name="limit"/>, as far as single continuations allow.</summary>
    public static IEnumerable<PackedRow> Split(int index, ScoringGroup group, int limit, bool share)
    {
        var first = 0;
        var length = group.Context.Length;
        for (var i = 0; i < group.Continuations.Count; i++)
        {
            var added = group.Continuations[i].Length - 1;
            if (i > first && (!share || length + added > limit))
            {
                yield return new PackedRow(index, group, first, i - first);
                (first, length) = (i, group.Context.Length);
            }

            length += added;
        }

        if (group.Continuations.Count > first)
            yield return new PackedRow(index, group, first, group.Continuations.Count - first);
    }

    private static int CommonLength(int[][] continuations)
    {
        if (continuations.Length == 1)
            return 0;
        var common = continuations.Min(continuation => continuation.Length);
        for (var i = 1; i < continuations.Length; i++)
            common = Math.Min(common, continuations[0].AsSpan().CommonPrefixLength(continuations[i]));
        return common;
    }

    private void Append(ReadOnlySpan<int> ids, int position, int branch)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            _ids.Add(ids[i]);
            _positions.Add(position + i);
            _branches.Add(branch);
        }
    }
}
