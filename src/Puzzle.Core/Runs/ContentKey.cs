using System.Security.Cryptography;
using System.Text;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Runs;

/// <summary>
/// The identity of a piece of work: a hash of everything it depends on, named part by named part. Equal keys mean equal
/// results, so what is there need not be made again.
/// </summary>
public sealed class ContentKey
{
    private readonly SortedDictionary<string, string> _parts = new(StringComparer.Ordinal);

    /// <summary>Adds a part: a text, a number, a record of a recipe, a list of those.</summary>
    public ContentKey Add<T>(string name, T value)
    {
        _parts.Add(name, value as string ?? RecipeJson.Canonical(value));
        return this;
    }

    /// <summary>Adds the content of a file or of all files in a folder, in the order of their names.</summary>
    /// <exception cref="Errors.BadInputException">It is not there.</exception>
    public ContentKey AddFiles(string name, string path)
    {
        if (!Path.Exists(path))
            throw new Errors.BadInputException($"{path}: no such file or folder");
        return Add(name, FileHash.OfTree(path));
    }

    /// <summary>The parts by name, for a file that says what a result came from.</summary>
    public IReadOnlyDictionary<string, string> Parts => _parts;

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in _parts)
            text.Append(name.Length).Append(':').Append(name).Append(value.Length).Append(':').Append(value);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32];
    }
}
