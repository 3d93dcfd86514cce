using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>What stands beside a tokenizer: the names of its special tokens and the chat template.</summary>
/// <param name="Bos">Text of the token that begins a sequence.</param>
/// <param name="Eos">Text of the token that ends one.</param>
/// <param name="Unknown">Text of the token for what the vocabulary lacks.</param>
/// <param name="Pad">Text of the padding token.</param>
/// <param name="ChatTemplate">The Jinja template of chats; of several, the one called <c>default</c>.</param>
/// <param name="Declared">Further tokens that the files name; the id is -1 where they do not say it.</param>
/// <param name="AddBos">Whether BOS is put in front, where the files say so (<c>add_bos_token</c>).</param>
/// <param name="AddEos">Whether EOS is put behind, where the files say so.</param>
public sealed record TokenizerSettings(
    string? Bos = null,
    string? Eos = null,
    string? Unknown = null,
    string? Pad = null,
    string? ChatTemplate = null,
    IReadOnlyList<AddedToken>? Declared = null,
    bool? AddBos = null,
    bool? AddEos = null)
{
    /// <summary>Reads <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>chat_template.jinja</c> of a folder; absent files are skipped.</summary>
    /// <exception cref="BadInputException">A file is not valid JSON or holds values of the wrong kind.</exception>
    public static TokenizerSettings Read(string folder)
    {
        var settings = new TokenizerSettings();
        foreach (var name in new[] { "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json" })
        {
            var file = Path.Combine(folder, name);
            if (!File.Exists(file))
                continue;
            using var document = JsonFields.Parse(File.ReadAllBytes(file), file);
            var root = document.RootElement;
            if (name == "added_tokens.json")
            {
                settings = settings with { Declared = [.. settings.Declared ?? [], .. Extra(root, file)] };
                continue;
            }

            settings = new TokenizerSettings(
                settings.Bos ?? Token(root, "bos_token", file),
                settings.Eos ?? Token(root, "eos_token", file),
                settings.Unknown ?? Token(root, "unk_token", file),
                settings.Pad ?? Token(root, "pad_token", file),
                settings.ChatTemplate ?? Template(root, file),
                [.. settings.Declared ?? [], .. Additional(root, file)],
                settings.AddBos ?? Flag(root, "add_bos_token", file),
                settings.AddEos ?? Flag(root, "add_eos_token", file));
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

    private static bool? Flag(JsonElement root, string name, string file) => root.Field(name) is null ? null : root.Flag(name, file);

    private static IEnumerable<AddedToken> Additional(JsonElement root, string file)
    {
        if (root.Field("added_tokens_decoder") is { ValueKind: JsonValueKind.Object } decoder)
        {
            foreach (var entry in decoder.EnumerateObject())
            {
                if (!int.TryParse(entry.Name, out var id))
                    throw new BadInputException($"{file}: '{entry.Name}' in added_tokens_decoder is not an id.");
                yield return new AddedToken(
                    id,
                    entry.Value.Required("content", file).Text(file, "content"),
                    entry.Value.Flag("single_word", file),
                    entry.Value.Flag("lstrip", file),
                    entry.Value.Flag("rstrip", file),
                    entry.Value.Flag("normalized", file),
                    entry.Value.Flag("special", file));
            }
        }

        if (root.Field("additional_special_tokens") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var item in list.EnumerateArray())
                yield return new AddedToken(-1, item.ValueKind == JsonValueKind.Object ? item.Required("content", file).Text(file, "content") : item.Text(file, "an additional special token"));
        }
    }

    private static IEnumerable<AddedToken> Extra(JsonElement root, string file)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw JsonFields.Wrong(file, "the file", "an object of tokens and ids", root);
        return [.. root.EnumerateObject().Select(entry => new AddedToken(entry.Value.Integer(file, $"the id of '{entry.Name}'"), entry.Name, Special: false))];
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
