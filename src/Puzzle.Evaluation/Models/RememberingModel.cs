using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Puzzle.Core.Evaluation;

namespace Puzzle.Evaluation.Models;

/// <summary>
/// A model whose log-likelihoods are kept in a file: an evaluation that was interrupted goes on where it was, and what was
/// asked before is not computed again. Text is generated anew each time.
/// </summary>
/// <remarks>The file belongs to one set of weights: name it by them. One process at a time.</remarks>
public sealed class RememberingModel : ILanguageModel, IDisposable
{
    // Hash of the ids, sum, whether greedy.
    private const int KeyBytes = 16;
    private const int RecordBytes = KeyBytes + sizeof(double) + 1;

    // So many batches are asked for at once, then written: what an interruption costs.
    private const int BatchesAtOnce = 4;

    private readonly ILanguageModel _model;
    private readonly FileStream _file;
    private readonly Dictionary<UInt128, LogLikelihood> _known = [];

    /// <param name="model">Stays the caller's.</param>
    /// <param name="path">Made where it is missing; a last record that was written in part is dropped.</param>
    public RememberingModel(ILanguageModel model, string path)
    {
        _model = model;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var whole = new byte[_file.Length / RecordBytes * RecordBytes];
        _file.ReadExactly(whole);
        _file.SetLength(whole.Length);
        for (var at = 0; at < whole.Length; at += RecordBytes)
        {
            var record = whole.AsSpan(at, RecordBytes);
            _known[BinaryPrimitives.ReadUInt128LittleEndian(record)] = new LogLikelihood(BinaryPrimitives.ReadDoubleLittleEndian(record[KeyBytes..]), record[^1] != 0);
        }
    }

    /// <inheritdoc/>
    public int MaxLength => _model.MaxLength;

    /// <inheritdoc/>
    public IReadOnlyList<LogLikelihood[]> LogLikelihoods(
        IReadOnlyList<ScoringGroup> groups, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        var results = groups.Select(group => new LogLikelihood[group.Continuations.Count]).ToArray();
        var open = new List<(int Group, int[] Continuations, UInt128[] Keys)>();
        foreach (var (index, group) in groups.Index())
        {
            var keys = group.Continuations.Select(continuation => KeyOf(group.Context, continuation)).ToArray();
            var unknown = Enumerable.Range(0, keys.Length).Where(i => !_known.TryGetValue(keys[i], out results[index][i])).ToArray();
            if (unknown.Length > 0)
                open.Add((index, unknown, [.. unknown.Select(i => keys[i])]));
        }

        var done = groups.Count - open.Count;
        foreach (var part in open.OrderByDescending(item => LengthOf(groups[item.Group])).Chunk(batchSize * BatchesAtOnce))
        {
            var asked = part.Select(item => new ScoringGroup(groups[item.Group].Context, [.. item.Continuations.Select(i => groups[item.Group].Continuations[i])])).ToArray();
            foreach (var (item, answers) in part.Zip(_model.LogLikelihoods(asked, batchSize, null, cancellation)))
            {
                foreach (var (i, key, answer) in item.Continuations.Zip(item.Keys, answers))
                {
                    results[item.Group][i] = answer;
                    Keep(key, answer);
                }
            }

            _file.Flush();
            progress?.Report(done += part.Length);
        }

        return results;
    }

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Generate(
        IReadOnlyList<GenerationRequest> requests, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        _model.Generate(requests, batchSize, progress, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static int LengthOf(ScoringGroup group) => group.Context.Length + group.Continuations.Sum(continuation => continuation.Length);

    private static UInt128 KeyOf(int[] context, int[] continuation)
    {
        // The length in front: where the context ends is part of the question.
        var bytes = new byte[(1 + context.Length + continuation.Length) * sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, context.Length);
        MemoryMarshal.AsBytes(context.AsSpan()).CopyTo(bytes.AsSpan(sizeof(int)));
        MemoryMarshal.AsBytes(continuation.AsSpan()).CopyTo(bytes.AsSpan((1 + context.Length) * sizeof(int)));
        return BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(bytes));
    }

    private void Keep(UInt128 key, LogLikelihood answer)
    {
        _known[key] = answer;
        Span<byte> record = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteUInt128LittleEndian(record, key);
        BinaryPrimitives.WriteDoubleLittleEndian(record[KeyBytes..], answer.Sum);
        record[^1] = answer.IsGreedy ? (byte)1 : (byte)0;
        _file.Write(record);
    }
}
