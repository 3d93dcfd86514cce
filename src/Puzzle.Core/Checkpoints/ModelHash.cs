using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>The hash of a model's architecture and of its tensors as stored, whatever files they are spread over.</summary>
internal static class ModelHash
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Copies stored bytes of a tensor, from byte <paramref name="offset"/> of its data.</summary>
    public delegate void CopyBytes(string name, long offset, Span<byte> destination);

    /// <returns>SHA-256 in lower-case hex.</returns>
    public static string Compute(ModelConfig config, IEnumerable<TensorInfo> tensors, CopyBytes copy)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(config));
        var chunk = new byte[ChunkBytes];
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{tensor.Name} {tensor.Type} {string.Join(',', tensor.Shape)}\n"));
            var length = TensorBytes.Of(tensor);
            for (var offset = 0L; offset < length; offset += ChunkBytes)
            {
                var part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, length - offset));
                copy(tensor.Name, offset, part);
                hash.AppendData(part);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
