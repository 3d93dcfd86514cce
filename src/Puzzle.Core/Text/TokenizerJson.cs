using System.Text;
using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>Reads <c>tokenizer.json</c> (the <c>tokenizers</c> library's format) into a <see cref="TokenizerPipeline"/>.</summary>
internal sealed class TokenizerJson
{
    private readonly JsonElement _root;
    private readonly string _file;

    private TokenizerJson(JsonElement root, string file)
    {
        _root = root;
        _file = file;
    }

    /// <exception cref="BadInputException">Not JSON, inconsistent, or of a kind that is not supported.</exception>
    public static TokenizerPipeline Read(ReadOnlyMemory<byte> utf8, string file)
    {
        using var document = JsonFields.Parse(utf8, file);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw JsonFields.Wrong(file, "the file", "an object", document.RootElement);
        return new TokenizerJson(document.RootElement, file).Read();
    }

    private TokenizerPipeline Read()
    {
        var model = new TokenModelReader(_file).Read(_root.Required("model", _file));
        var added = AddedTokens(model);
        var (prefix, suffix) = PostProcessor(_root.Field("post_processor"), model, added);
        return new TokenizerPipeline(
            added,
            _root.Field("normalizer") is { } normalizer ? Normalizer(normalizer) : null,
            _root.Field("pre_tokenizer") is { } preTokenizer ? PreTokenizer(preTokenizer) : null,
            model,
            prefix,
            suffix,
            _root.Field("decoder") is { } decoder ? Decoder(decoder) : null);
    }

    private List<AddedToken> AddedTokens(TokenModel model)
    {
        var tokens = new List<AddedToken>();
        if (_root.Field("added_tokens") is not { } list)
            return tokens;
        var ids = model.Vocabulary.ToDictionary(e => e.Value, e => e.Key);
        foreach (var item in list.Items(_file, "added_tokens"))
        {
            var token = new AddedToken(
                item.Required("id", _file).Integer(_file, "the id of an added token"),
                item.Required("content", _file).Text(_file, "the content of an added token"),
                item.Flag("single_word", _file),
                item.Flag("lstrip", _file),
                item.Flag("rstrip", _file),
                item.Flag("normalized", _file, otherwise: !item.Flag("special", _file)),
                item.Flag("special", _file));
            if (ids.TryGetValue(token.Id, out var other) && other != token.Content)
                throw new BadInputException($"{_file}: the added token '{token.Content}' has id {token.Id}, which is '{other}'.");
            if (model.Vocabulary.TryGetValue(token.Content, out var id) && id != token.Id)
                throw new BadInputException($"{_file}: the added token '{token.Content}' has id {token.Id}, but {id} in the vocabulary.");
            TokenModelReader.CheckId(token.Id, token.Content, ids.Count, _file);
            ids[token.Id] = token.Content;
            tokens.Add(token);
        }

        return tokens;
    }

    private (int[] Prefix, int[] Suffix) PostProcessor(JsonElement? element, TokenModel model, List<AddedToken> added)
    {
        if (element is not { } processor)
            return ([], []);
        switch (processor.Required("type", _file).Text(_file, "the type of the post-processor"))
        {
            case "ByteLevel":
                return ([], []); // changes offsets only
            case "TemplateProcessing":
                return Template(processor);
            case "BertProcessing" or "RobertaProcessing":
                return ([Pair("cls")], [Pair("sep")]);
            case "Sequence":
                var (prefix, suffix) = (new List<int>(), new List<int>());
                foreach (var step in processor.Required("processors", _file).Items(_file, "processors"))
                {
                    var (before, after) = PostProcessor(step, model, added);
                    prefix.InsertRange(0, before);
                    suffix.AddRange(after);
                }

                return ([.. prefix], [.. suffix]);
            case var other:
                throw Unsupported("post-processor", other, "TemplateProcessing, ByteLevel, BertProcessing, RobertaProcessing, Sequence");
        }

        int Pair(string name)
        {
            var pair = processor.Required(name, _file);
            return pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
                ? pair[1].Integer(_file, name)
                : throw JsonFields.Wrong(_file, name, "a pair of token and id", pair);
        }
    }

    private (int[] Prefix, int[] Suffix) Template(JsonElement processor)
    {
        var (prefix, suffix) = (new List<int>(), new List<int>());
        var special = processor.Field("special_tokens");
        var target = prefix;
        foreach (var part in processor.Required("single", _file).Items(_file, "the post-processor's template"))
        {
            if (part.Field("Sequence") is not null)
            {
                target = suffix;
                continue;
            }

            var name = part.Required("SpecialToken", _file).Required("id", _file).Text(_file, "a special token of the template");
            if (special?.Field(name)?.Field("ids") is not { } ids)
                throw new BadInputException($"{_file}: the post-processor's template uses '{name}', which its special_tokens lack.");
            foreach (var id in ids.Items(_file, "ids"))
                target.Add(id.Integer(_file, "an id of the template"));
        }

        return ([.. prefix], [.. suffix]);
    }

    private Normalizer Normalizer(JsonElement element)
    {
        switch (element.Required("type", _file).Text(_file, "the type of a normalizer"))
        {
            case "Sequence":
                return new SequenceNormalizer([.. element.Required("normalizers", _file).Items(_file, "normalizers").Select(Normalizer)]);
            case "Prepend":
                return new PrependNormalizer(element.Required("prepend", _file).Text(_file, "prepend"));
            case "Replace":
                return new ReplaceNormalizer(ReadPattern(element), element.Required("content", _file).Text(_file, "content"));
            case "Strip":
                return new StripNormalizer(element.Flag("strip_left", _file, true), element.Flag("strip_right", _file, true));
            case "Precompiled":
                return Precompiled(element);
            case "Lowercase":
                return new LowercaseNormalizer();
            case "StripAccents":
                return new StripAccentsNormalizer();
            case "ByteLevel":
                return new ByteLevelNormalizer();
            case var other:
                throw Unsupported("normalizer", other, "Sequence, Prepend, Replace, Strip, Precompiled, Lowercase, StripAccents, ByteLevel");
        }
    }

    private CharacterMapNormalizer Precompiled(JsonElement element)
    {
        var map = element.Required("precompiled_charsmap", _file);
        return map.TryGetBytesFromBase64(out var blob)
            ? new CharacterMapNormalizer(new CharacterMap(blob, _file))
            : throw JsonFields.Wrong(_file, "precompiled_charsmap", "base64", map);
    }

    private PreTokenizer PreTokenizer(JsonElement element)
    {
        switch (element.Required("type", _file).Text(_file, "the type of a pre-tokenizer"))
        {
            case "Sequence":
                return new SequencePreTokenizer([.. element.Required("pretokenizers", _file).Items(_file, "pretokenizers").Select(PreTokenizer)]);
            case "ByteLevel":
                return new ByteLevelPreTokenizer(element.Flag("add_prefix_space", _file, true), element.Flag("use_regex", _file, true));
            case "Digits":
                return CharacterPreTokenizer.Digits(element.Flag("individual_digits", _file));
            case "Punctuation":
                return CharacterPreTokenizer.Punctuation(Splitting.Parse(element.OptionalText("behavior", _file) ?? "Isolated", _file));
            case "WhitespaceSplit":
                return CharacterPreTokenizer.WhitespaceSplit();
            case "Whitespace":
                return new SplitPreTokenizer(Pattern.Expression(@"\w+|[^\w\s]+", _file), SplitBehavior.Removed, invert: true);
            case "Split":
                var behavior = Splitting.Parse(element.Required("behavior", _file).Text(_file, "behavior"), _file);
                return new SplitPreTokenizer(ReadPattern(element), behavior, element.Flag("invert", _file));
            case "CharDelimiterSplit":
                return new SplitPreTokenizer(Pattern.Literal(element.Required("delimiter", _file).Text(_file, "delimiter")), SplitBehavior.Removed, invert: false);
            case "Metaspace":
                var (mark, scheme) = Metaspace(element);
                return new MetaspacePreTokenizer(mark, scheme, element.Flag("split", _file, true));
            case var other:
                throw Unsupported("pre-tokenizer", other, "Sequence, ByteLevel, Split, Digits, Punctuation, Metaspace, Whitespace, WhitespaceSplit, CharDelimiterSplit");
        }
    }

    private TokenDecoder Decoder(JsonElement element)
    {
        switch (element.Required("type", _file).Text(_file, "the type of a decoder"))
        {
            case "Sequence":
                return new SequenceDecoder([.. element.Required("decoders", _file).Items(_file, "decoders").Select(Decoder)]);
            case "ByteLevel":
                return new ByteLevelDecoder();
            case "ByteFallback":
                return new ByteFallbackDecoder();
            case "Fuse":
                return new FuseDecoder();
            case "Replace":
                return new ReplaceDecoder(ReadPattern(element), element.Required("content", _file).Text(_file, "content"));
            case "Strip":
                var content = Character(element.Required("content", _file), "content");
                return new StripDecoder(content, element.Required("start", _file).Integer(_file, "start"), element.Required("stop", _file).Integer(_file, "stop"));
            case "Metaspace":
                var (mark, scheme) = Metaspace(element);
                return new MetaspaceDecoder(mark, scheme);
            case "BPEDecoder":
                return new SuffixDecoder(element.Required("suffix", _file).Text(_file, "suffix"));
            case var other:
                throw Unsupported("decoder", other, "Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, BPEDecoder");
        }
    }

    private (char Mark, string Scheme) Metaspace(JsonElement element)
    {
        var mark = element.Field("replacement") is { } replacement ? Character(replacement, "replacement") : '▁';
        // Files of older versions have the flag alone.
        var scheme = element.OptionalText("prepend_scheme", _file) ?? (element.Flag("add_prefix_space", _file, true) ? "always" : "never");
        return scheme is "always" or "first" or "never"
            ? (mark, scheme)
            : throw new BadInputException($"{_file}: prepend_scheme '{scheme}' is unknown; always, first or never is needed.");
    }

    private char Character(JsonElement element, string what)
    {
        var text = element.Text(_file, what);
        return text.Length == 1 ? text[0] : throw JsonFields.Wrong(_file, what, "one character", element);
    }

    private Pattern ReadPattern(JsonElement element)
    {
        var pattern = element.Required("pattern", _file);
        if (pattern.ValueKind == JsonValueKind.String)
            return Pattern.Literal(pattern.Text(_file, "pattern"));
        if (pattern.OptionalText("String", _file) is { } literal)
            return Pattern.Literal(literal);
        return Pattern.Expression(pattern.Required("Regex", _file).Text(_file, "Regex"), _file);
    }

    private BadInputException Unsupported(string part, string found, string supported) =>
        new($"{_file}: the {part} '{found}' is not supported; supported are {supported}.");
}
