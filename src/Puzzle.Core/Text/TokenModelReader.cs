using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>.</summary>
internal sealed class TokenModelReader(string file)
{
    public TokenModel Read(JsonElement model)
    {
        // Files of old versions leave the type out: merges tell BPE.
        var type = model.OptionalText("type", file) ?? (model.Field("merges") is not null ? "BPE" : "none");
        return type switch
        {
            "BPE" => Bpe(model),
            "Unigram" => Unigram(model),
            "WordLevel" => new WordLevelModel(Vocabulary(model), model.OptionalText("unk_token", file)),
            _ => throw new BadInputException($"{file}: the model type '{type}' is not supported; supported are BPE, Unigram, WordLevel."),
        };
    }

    /// <summary>Refuses ids far beyond the number of tokens, which would need tables of that length.</summary>
    public static void CheckId(int id, string token, int count, string file)
    {
        if (id < 0 || id > (2L * count) + 65536)
            throw new BadInputException($"{file}: the token '{token}' has id {id}, which is out of range for {count:N0} tokens.");
    }

    private BpeModel Bpe(JsonElement model)
    {
        if (model.Field("dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.GetDouble() > 0)
            throw new BadInputException($"{file}: BPE dropout {dropout} makes ids random; 0 or null is needed.");
        var settings = new BpeSettings(
            model.OptionalText("unk_token", file),
            NullIfEmpty(model.OptionalText("continuing_subword_prefix", file)),
            NullIfEmpty(model.OptionalText("end_of_word_suffix", file)),
            model.Flag("fuse_unk", file),
            model.Flag("byte_fallback", file),
            model.Flag("ignore_merges", file));
        return new BpeModel(Vocabulary(model), Merges(model), settings, file);
    }

    private UnigramModel Unigram(JsonElement model)
    {
        var vocabulary = new Dictionary<string, int>();
        var scores = new List<double>();
        foreach (var entry in model.Required("vocab", file).Items(file, "the vocabulary"))
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[1].ValueKind != JsonValueKind.Number)
                throw JsonFields.Wrong(file, $"entry {scores.Count} of the vocabulary", "a pair of token and score", entry);
            // The first of two equal tokens is the one that is found.
            vocabulary.TryAdd(entry[0].Text(file, "a token"), scores.Count);
            scores.Add(entry[1].GetDouble());
        }

        var unknown = model.Field("unk_id")?.Integer(file, "unk_id");
        if (unknown < 0 || unknown >= scores.Count)
            throw new BadInputException($"{file}: unk_id {unknown} is not below the {scores.Count} tokens.");
        return new UnigramModel(vocabulary, [.. scores], unknown, model.Flag("byte_fallback", file));
    }

    private Dictionary<string, int> Vocabulary(JsonElement model)
    {
        var element = model.Required("vocab", file);
        if (element.ValueKind != JsonValueKind.Object)
            throw JsonFields.Wrong(file, "the vocabulary", "an object", element);
        var count = element.GetPropertyCount();
        var vocabulary = new Dictionary<string, int>(count);
        var seen = new HashSet<int>(count);
        foreach (var entry in element.EnumerateObject())
        {
            var token = Name(entry);
            var id = entry.Value.Integer(file, $"the id of '{token}'");
            CheckId(id, token, count, file);
            if (!seen.Add(id))
                throw new BadInputException($"{file}: two tokens have id {id}, one of them '{token}'.");
            vocabulary.Add(token, id);
        }

        return vocabulary;
    }

    private string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new BadInputException($"{file}: a token is not valid text (a surrogate without its partner).", e);
        }
    }

    private List<(string Left, string Right)> Merges(JsonElement model)
    {
        var element = model.Required("merges", file);
        var merges = new List<(string, string)>();
        foreach (var item in element.Items(file, "merges"))
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                if (item.GetArrayLength() != 2)
                    throw JsonFields.Wrong(file, "a merge", "a pair", item);
                merges.Add((item[0].Text(file, "a merge"), item[1].Text(file, "a merge")));
                continue;
            }

            var text = item.Text(file, "a merge");
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || text.IndexOf(' ', space + 1) >= 0)
                throw JsonFields.Wrong(file, "a merge", "two tokens with a space between", item);
            merges.Add((text[..space], text[(space + 1)..]));
        }

        return merges;
    }

    private static string? NullIfEmpty(string? text) => text is { Length: > 0 } ? text : null;
}
