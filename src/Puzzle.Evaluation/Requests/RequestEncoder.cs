using Puzzle.Core.Errors;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Requests;

/// <summary>
/// Turns requests into token ids by the harness's rules: where a context ends, what stands before an empty one, how long
/// sequences are cut and how a document is split into windows.
/// </summary>
public sealed class RequestEncoder
{
    private readonly ITokenizer _tokenizer;
    private readonly int _maxLength;
    private readonly int _prefixId;
    private readonly string? _prefixText;

    /// <param name="maxLength">Ids that the model can take in: one sequence holds at most one more, its last target.</param>
    public RequestEncoder(ITokenizer tokenizer, int maxLength)
    {
        _tokenizer = tokenizer;
        _maxLength = maxLength;
        _prefixId = tokenizer.BosId ?? tokenizer.EosId ??
            throw new BadInputException("the tokenizer names neither a BOS nor an EOS token; one must stand before texts that are scored from their first id");
        _prefixText = tokenizer.TokenText(_prefixId);
    }

    /// <summary>Ids of a context and of the continuation after it, cut on the left to the model's length.</summary>
    public (int[] Context, int[] Continuation) EncodePair(string context, string continuation)
    {
        if (context.Length == 0)
        {
            var ids = _tokenizer.Encode(continuation, addSpecial: false);
            return ids.Length > 0 && ids[0] == _prefixId ? Cut(ids[..1], ids[1..]) : Cut([_prefixId], ids);
        }

        // Spaces at the end of a context belong to the continuation: tokens start with a space, they rarely end with one.
        var trimmed = PythonText.TrimEnd(context);
        var whole = Encode(context + continuation);
        var before = Encode(trimmed);
        var after = whole.Length > before.Length ? whole[before.Length..] : [];
        return before.Length > 0 ? Cut(before, after) : Cut([_prefixId], after);
    }

    /// <summary>
    /// The windows that score each id of the text once: the first starts after the prefix id, a later one takes as much
    /// context as fits.
    /// </summary>
    public IReadOnlyList<(int[] Context, int[] Continuation)> EncodeRolling(string text)
    {
        var ids = _tokenizer.Encode(text, addSpecial: false);
        var windows = new List<(int[], int[])>();
        if (ids.Length == 0)
            return windows;
        var scored = Math.Min(_maxLength, ids.Length);
        windows.Add(([_prefixId], ids[..scored]));
        while (scored < ids.Length)
        {
            var end = scored + Math.Min(ids.Length - scored, _maxLength);
            windows.Add((ids[(end - _maxLength - 1)..scored], ids[scored..end]));
            scored = end;
        }

        return windows;
    }

    /// <summary>Ids of a prompt to continue, cut on the left so that the new ids fit.</summary>
    public int[] EncodePrompt(string context, int maxNewTokens)
    {
        var room = _maxLength - maxNewTokens;
        if (room < 1)
            throw new BadInputException($"the task generates up to {maxNewTokens} tokens, but the model's whole context is {_maxLength}");
        var ids = context.Length == 0 ? [_prefixId] : Encode(context);
        return ids.Length <= room ? ids : ids[^room..];
    }

    private int[] Encode(string text)
    {
        // A text that already starts with BOS (a rendered chat template) gets no second one.
        var hasPrefix = !string.IsNullOrEmpty(_prefixText) && text.StartsWith(_prefixText, StringComparison.Ordinal);
        return _tokenizer.Encode(text, addSpecial: !hasPrefix);
    }

    private (int[] Context, int[] Continuation) Cut(int[] context, int[] continuation)
    {
        var excess = context.Length + continuation.Length - (_maxLength + 1);
        if (excess <= 0)
            return (context, continuation);
        if (excess < context.Length)
            return (context[excess..], continuation);

        // The continuation alone is too long: its last ids are scored, with one id before them.
        var kept = continuation[^_maxLength..];
        return ([continuation.Length > _maxLength ? continuation[^(_maxLength + 1)] : context[^1]], kept);
    }
}
