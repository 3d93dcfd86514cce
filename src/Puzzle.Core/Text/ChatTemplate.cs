using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Text.Jinja;

namespace Puzzle.Core.Text;

/// <summary>Writes conversations as the text that a model was trained on, as transformers' <c>apply_chat_template</c> does.</summary>
public sealed class ChatTemplate
{
    private readonly Template _template;
    private readonly string? _bos;
    private readonly string? _eos;

    private ChatTemplate(Template template, string? bos, string? eos) => (_template, _bos, _eos) = (template, bos, eos);

    /// <param name="source">The Jinja template.</param>
    /// <param name="bos">Text of the token that begins a sequence, <c>bos_token</c> in the template.</param>
    /// <param name="eos">Text of the token that ends one.</param>
    /// <param name="options">The template's setting; null: <see cref="TemplateOptions.Chat"/>.</param>
    /// <exception cref="TemplateException">The source is no template.</exception>
    public static ChatTemplate Parse(string source, string? bos = null, string? eos = null, TemplateOptions? options = null) =>
        new(Template.Parse(source, options ?? TemplateOptions.Chat), bos, eos);

    /// <summary>The template that comes with a tokenizer (<c>tokenizer_config.json</c>, <c>chat_template.jinja</c> or GGUF metadata); null where it has none.</summary>
    /// <exception cref="TemplateException">The source is no template.</exception>
    public static ChatTemplate? Of(ITokenizer tokenizer) => tokenizer.ChatTemplate is not { } source ? null : Parse(
        source,
        tokenizer.BosId is { } bos ? tokenizer.TokenText(bos) : null,
        tokenizer.EosId is { } eos ? tokenizer.TokenText(eos) : null);

    /// <param name="messages">A list of objects with <c>role</c> and <c>content</c>, as plain values or JSON.</param>
    /// <param name="addGenerationPrompt">Whether the assistant's turn is opened at the end.</param>
    /// <param name="tools">Descriptions of tools, where there are any.</param>
    /// <param name="variables">Further variables of the template.</param>
    /// <exception cref="TemplateException">The template refuses the conversation, or did what it may not.</exception>
    public string Apply(object messages, bool addGenerationPrompt = true, object? tools = null, IReadOnlyDictionary<string, object?>? variables = null) =>
        Apply(messages, addGenerationPrompt, tools, variables, out _);

    /// <param name="generated">Where the assistant's words stand in the text, if the template marks them.</param>
    /// <inheritdoc cref="Apply(object, bool, object?, IReadOnlyDictionary{string, object?}?)"/>
    public string Apply(object messages, bool addGenerationPrompt, object? tools, IReadOnlyDictionary<string, object?>? variables, out IReadOnlyList<Range> generated)
    {
        var given = new Dictionary<string, object?>
        {
            ["messages"] = messages,
            ["tools"] = tools,
            ["documents"] = null,
            ["add_generation_prompt"] = addGenerationPrompt,
        };
        if (_bos is not null)
            given["bos_token"] = _bos;
        if (_eos is not null)
            given["eos_token"] = _eos;
        foreach (var (name, value) in variables ?? new Dictionary<string, object?>())
            given[name] = value;
        return _template.Render(given, out generated);
    }

    /// <summary>Messages from a JSON file: a list, or an object with the list under <c>messages</c>.</summary>
    /// <exception cref="BadInputException">The file is not there or holds something else.</exception>
    public static JsonElement ReadMessages(string file)
    {
        if (!File.Exists(file))
            throw new BadInputException($"{file}: no such file");
        using var document = JsonFields.Parse(File.ReadAllBytes(file), file);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("messages", out var inner))
            root = inner;
        return root.ValueKind == JsonValueKind.Array ? root.Clone() : throw new BadInputException($"{file}: expected a list of messages, found {root.ValueKind}");
    }
}
