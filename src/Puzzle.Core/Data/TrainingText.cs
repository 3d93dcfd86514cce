using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;

namespace Puzzle.Core.Data;

/// <summary>
/// A recipe's text as tokens. Sources are mixed by their weights (see <see cref="WindowMix"/>), documents keep their start
/// and end tokens, and what is held out never comes into training.
/// </summary>
/// <param name="Train">Windows to train on.</param>
/// <param name="Validation">Tokens to choose steps and scores by.</param>
/// <param name="Test">Tokens of the reported losses.</param>
public sealed record TrainingText(TokenWindows Train, int[] Validation, int[] Test)
{
    // Held-out text is mixed in stretches of so many windows: their seams are few, and any beginning is a fair sample.
    private const int WindowsAStretch = 8;

    /// <summary>A hash of everything the text depends on: the files' content, how they are read, and the parent (its tokenizer, its samples).</summary>
    /// <param name="data">The recipe's section.</param>
    /// <param name="seed">The recipe's seed.</param>
    /// <param name="parentHash">Of the parent's weights.</param>
    /// <exception cref="BadInputException">A file is not there.</exception>
    public static string Key(DataSection data, int seed, string parentHash)
    {
        var key = new ContentKey().Add("data", Nameless(data)).Add("seed", seed).Add("parent", parentHash).Add("version", 2);
        foreach (var (source, i) in data.Sources.Concat(data.Validation).Concat(data.Test).Select((s, i) => (s, i)))
            key.AddFiles($"source {i}", source.Path);
        return key.ToString();
    }

    /// <summary>Reads and tokenises it.</summary>
    /// <param name="data">The recipe's section.</param>
    /// <param name="tokenizer">The parent's.</param>
    /// <param name="seed">The recipe's seed.</param>
    /// <param name="self">Gives the folder of text that was sampled from the parent (see <see cref="SelfText"/>); asked only where the recipe wants it.</param>
    /// <exception cref="RecipeException">No text, or too little.</exception>
    /// <exception cref="BadInputException">A file is missing, damaged, or lacks the column.</exception>
    public static TrainingText Read(DataSection data, ITokenizer tokenizer, int seed, Func<SelfData, string>? self = null)
    {
        var reader = new SourceDocuments(tokenizer);
        var length = data.SequenceLength;
        var train = Sources(data.Sources);
        if (data.Self is { Weight: > 0 } settings)
        {
            var folder = self?.Invoke(settings) ?? throw new RecipeException("data.self: there is no parent to sample text from here; name text in data.sources");
            train.Add(Source(new DataSource { Path = folder, Format = DataFormat.Jsonl, Weight = settings.Weight }, train.Count));
        }

        if (train.Count == 0)
            throw new RecipeException("data.sources: no text; name files or folders, or write 'self: {}' to have text sampled from the parent");
        var (validation, test) = (Sources(data.Validation), Sources(data.Test));
        if (validation.Count == 0)
        {
            var split = train.Select(source => source.Split(data.HeldOut)).ToArray();
            (train, validation) = ([.. split.Select(part => part.Train)], [.. split.Select(part => part.Held)]);
        }

        var tokens = train.Sum(source => source.Tokens);
        if (tokens < 2L * length)
            throw new RecipeException($"data.sources: {tokens} tokens to train on; data.sequence_length {length} needs at least {2L * length}");
        var windows = data.Pack
            ? TokenSource.Windows(train, length, (ulong)seed, data.Shuffle)
            : TokenSource.Padded(train, length, (ulong)seed, data.Shuffle, tokenizer);
        var held = Stretches(validation);
        return data.Test.Count > 0 ? new(windows, held, Stretches(test)) : new(windows, held[..(held.Length / 2)], held[(held.Length / 2)..]);

        List<TokenSource> Sources(IReadOnlyList<DataSource> sources) => [.. sources.Where(source => source.Weight > 0).Select(Source)];

        TokenSource Source(DataSource source, int index)
        {
            var read = new TokenSource([.. reader.Read(source).Where(document => document.Length > 0)], source.Weight);
            return data.Shuffle ? read.Shuffled((ulong)seed + (ulong)index) : read;
        }

        int[] Stretches(IReadOnlyList<TokenSource> sources) => TokenSource.Stretches(sources, length * WindowsAStretch, (ulong)seed, data.Shuffle);
    }

    // Where the files lie does not matter, what they are called does: the format may depend on it.
    private static DataSection Nameless(DataSection data)
    {
        return data with { Sources = Names(data.Sources), Validation = Names(data.Validation), Test = Names(data.Test) };

        static IReadOnlyList<DataSource> Names(IReadOnlyList<DataSource> sources) => [.. sources.Select(source => source with { Path = Path.GetFileName(source.Path) })];
    }
}
