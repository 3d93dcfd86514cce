using System.Security.Cryptography;
using System.Text;

namespace Puzzle.Core.Runs;

/// <summary>Hashes of files on disk (SHA-256, 32 hexadecimal digits).</summary>
public static class FileHash
{
    /// <summary>The hash of one file's bytes.</summary>
    public static string Of(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream))[..32];
    }

    /// <summary>The hash of a file, or of the names and bytes of all files below a folder.</summary>
    public static string OfTree(string path)
    {
        if (File.Exists(path))
            return Of(path);
        var all = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            all.Append(Path.GetRelativePath(path, file).Replace('\\', '/')).Append('\0').Append(Of(file)).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())))[..32];
    }
}
