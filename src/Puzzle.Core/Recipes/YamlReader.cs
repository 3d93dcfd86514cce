using System.Text;
using Puzzle.Core.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Puzzle.Core.Recipes;

/// <summary>
/// Reads the part of YAML that recipes need. Anchors, aliases, tags and second documents are refused, size and depth are
/// bounded, so that no file costs more than its own length.
/// </summary>
internal static class YamlReader
{
    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 32;

    public static YamlTree ReadFile(string path)
    {
        byte[] bytes;
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > MaxBytes)
                throw new RecipeException($"{path}: {stream.Length:N0} bytes is too large for a recipe (at most {MaxBytes:N0})");
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : Directory.Exists(path) ? "is a folder" : e.Message;
            throw new RecipeException($"{path}: {reason}", e);
        }

        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new RecipeException($"{path}: not UTF-8 (byte {e.Index})", e);
        }

        return Read(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    public static YamlTree Read(string text, string source, string folder, bool marks = true)
    {
        SourceMark At(Mark mark) => marks ? new(source, (int)mark.Line, (int)mark.Column, folder) : new(source, 0, 0, folder);
        if (text.Length > MaxBytes)
            throw new RecipeException($"{source}: {text.Length:N0} characters is too much for a recipe (at most {MaxBytes:N0})");
        if (text.IndexOf('\0') is >= 0 and var nul)
            throw new RecipeException($"{source}: a NUL character at position {nul}");
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                return new YamlMapping(new(source, marks ? 1 : 0, marks ? 1 : 0, folder), []);
            parser.Consume<DocumentStart>();
            var tree = Node(parser, At, 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                throw new RecipeException($"{At(parser.Current!.Start)}: a second document; a recipe is one");
            return tree;
        }
        catch (YamlException e)
        {
            var message = e.InnerException?.Message ?? e.Message;
            throw new RecipeException($"{At(e.Start)}: not valid YAML: {message}", e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or OverflowException or FormatException)
        {
            // The scanner lets a few of these escape on malformed input.
            throw new RecipeException($"{source}: not valid YAML: {e.Message}", e);
        }
    }

    private static YamlTree Node(Parser parser, Func<Mark, SourceMark> at, int depth)
    {
        var start = parser.Current ?? throw new RecipeException("the recipe ends early");
        var mark = at(start.Start);
        if (depth > MaxDepth)
            throw new RecipeException($"{mark}: nested more than {MaxDepth} deep");
        if (start is AnchorAlias alias)
            throw new RecipeException($"{mark}: alias '*{alias.Value}': anchors and aliases are not part of recipes; write the value out");
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored)
            throw new RecipeException($"{mark}: anchor '&{anchored.Anchor.Value}': anchors and aliases are not part of recipes; write the value out");
        if (start is NodeEvent { Tag.IsEmpty: false } tagged)
            throw new RecipeException($"{mark}: tag '{tagged.Tag.Value}': tags are not part of recipes");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlScalar(mark, scalar.Value, scalar.Style != ScalarStyle.Plain);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            List<YamlTree> items = [];
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Node(parser, at, depth + 1));
            return new YamlSequence(mark, items);
        }

        parser.Consume<MappingStart>();
        List<YamlEntry> entries = [];
        var seen = new Dictionary<string, SourceMark>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var keyNode = Node(parser, at, depth + 1);
            if (keyNode is not YamlScalar key)
                throw new RecipeException($"{keyNode.At}: a key must be a word, found {keyNode.Kind}");
            if (!seen.TryAdd(key.Text, key.At))
                throw new RecipeException($"{key.At}: key '{key.Text}' is given twice (first at {seen[key.Text]})");
            entries.Add(new YamlEntry(key.At, key.Text, Node(parser, at, depth + 1)));
        }

        return new YamlMapping(mark, entries);
    }
}
