using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;

namespace Puzzle.Core.Data;

/// <summary>A recipe's text as tokens: training windows, validation and test.</summary>
/// <param name="Train">Windows to train on.</param>
/// <param name="Validation">Tokens to choose steps and scores by.</param>
/// <param name="Test">Tokens of the reported losses.</param>
public sealed record TrainingText(TokenWindows Train, int[] Validation, int[] Test)
{
    /// <summary>A hash of everything the text depends on.</summary>
    public static string Key(DataSection data, int seed, string parentHash)
    {
        var key = new ContentKey().Add("data", data).Add("seed", seed).Add("parent", parentHash);
        foreach (var (source, i) in data.Sources.Concat(data.Validation).Concat(data.Test).Select((s, i) => (s, i)))
            key.AddFiles($"source {i}", source.Path);
        return key.ToString();
    }

    /// <summary>Reads and tokenises it.</summary>
    /// <exception cref="RecipeException">Too little text.</exception>
    public static TrainingText Read(DataSection data, ITokenizer tokenizer, int seed)
    {
        int[] Ids(IEnumerable<DataSource> sources) => [.. sources.SelectMany(source => Files(source.Path)).SelectMany(file => tokenizer.Encode(File.ReadAllText(file)))];
        var train = Ids(data.Sources);
        var validation = Ids(data.Validation);
        var test = Ids(data.Test);
        if (data.Validation.Count == 0)
        {
            var held = (int)(train.Length * data.HeldOut);
            validation = train[^held..];
            train = train[..^held];
        }

        if (data.Test.Count == 0)
        {
            test = validation[(validation.Length / 2)..];
            validation = validation[..(validation.Length / 2)];
        }

        if (train.Length < data.SequenceLength)
            throw new RecipeException("data.sources: too little text");
        return new(new TokenWindows(train, data.SequenceLength, (ulong)seed), validation, test);
    }

    private static IEnumerable<string> Files(string path) => File.Exists(path) ? [path] : Directory.EnumerateFiles(path).Order(StringComparer.Ordinal);
}
