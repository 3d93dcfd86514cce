using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>What stands beside a tokenizer: the names of its special tokens and the chat template.</summary>
/// <param name="Bos">Text of the token that begins a sequence.</param>
/// <param name="Eos">Text of the token that ends one.</param>
/// <param name="Unknown">Text of the token for what the vocabulary lacks.</param>
/// <param name="Pad">Text of the padding token.</param>
/// <param name="ChatTemplate">The Jinja template of chats; of several, the one called <c>default</c>.</param>
/// <param name="Declared">Further tokens that the files declare special (in <c>added_tokens_decoder</c> or <c>additional_special_tokens</c>).</param>
public sealed record TokenizerSettings(
    string? Bos = null,
    string? Eos = null,
    string? Unknown = null,
    string? Pad = null,
    string? ChatTemplate = null,
    IReadOnlyList<string>? Declared = null)
{
    /// <summary>Reads <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>chat_template.jinja</c> of a folder; absent files are skipped.</summary>
    /// <exception cref="BadInputException">A file is not valid JSON or holds values of the wrong kind.</exception>
    public static TokenizerSettings Read(string folder)
    {
        var settings = new TokenizerSettings();
        foreach (var name in new[] { "tokenizer_config.json", "special_tokens_map.json" })
        {
            var file = Path.Combine(folder, name);
            if (!File.Exists(file))
                continue;
            using var document = JsonFields.Parse(File.ReadAllBytes(file), file);
            var root = document.RootElement;
            settings = new TokenizerSettings(
                settings.Bos ?? Token(root, "bos_token", file),
                settings.Eos ?? Token(root, "eos_token", file),
                settings.Unknown ?? Token(root, "unk_token", file),
                settings.Pad ?? Token(root, "pad_token", file),
                settings.ChatTemplate ?? Template(root, file),
                [.. settings.Declared ?? [], .. Additional(root, file)]);
        }

        var template = Path.Combine(folder, "chat_template.jinja");
        return File.Exists(template) ? settings with { ChatTemplate = File.ReadAllText(template) } : settings;
    }

    private static string? Token(JsonElement root, string name, string file) => root.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } token => token.OptionalText("content", file),
        { } token => token.Text(file, name),
    };

    private static IEnumerable<string> Additional(JsonElement root, string file)
    {
        if (root.Field("added_tokens_decoder") is { ValueKind: JsonValueKind.Object } decoder)
        {
            foreach (var entry in decoder.EnumerateObject())
            {
                if (entry.Value.Flag("special", file) && entry.Value.OptionalText("content", file) is { } content)
                    yield return content;
            }
        }

        if (root.Field("additional_special_tokens") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var item in list.EnumerateArray())
                yield return item.ValueKind == JsonValueKind.Object ? item.Required("content", file).Text(file, "content") : item.Text(file, "an additional special token");
        }
    }

    private static string? Template(JsonElement root, string file)
    {
        if (root.Field("chat_template") is not { } template)
            return null;
        if (template.ValueKind != JsonValueKind.Array)
            return template.Text(file, "chat_template");
        foreach (var item in template.EnumerateArray())
        {
            if (item.OptionalText("name", file) == "default")
                return item.Required("template", file).Text(file, "template");
        }

        return null;
    }
}
