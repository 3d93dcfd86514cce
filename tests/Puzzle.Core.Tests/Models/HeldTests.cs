using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Puzzle.Core.Models;

namespace Puzzle.Core.Tests.Models;

public sealed class HeldTests
{
    // Element types of signatures: the primitive numbers that TorchSharp's operators would make a scalar of.
    private static readonly byte[] s_numbers = [0x08, 0x0A, 0x0C, 0x0D];

    /// <summary>A plain number in a tensor operation becomes a native scalar that the collector may free too early; <c>Held.Number</c> is for that.</summary>
    [Fact]
    public void NoTensorOperationOfTheLibraryTakesAPlainNumber()
    {
        var found = new List<string>();
        foreach (var assembly in new[] { typeof(Transformer).Assembly, typeof(Puzzle.Evaluation.Evaluator).Assembly })
            found.AddRange(PlainNumbers(assembly.Location));
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    private static IEnumerable<string> PlainNumbers(string file)
    {
        using var pe = new PEReader(File.OpenRead(file));
        var metadata = pe.GetMetadataReader();
        var suspects = metadata.MemberReferences.Where(handle => IsSuspect(metadata, metadata.GetMemberReference(handle)))
            .ToDictionary(handle => MetadataTokens.GetToken(handle), handle => metadata.GetString(metadata.GetMemberReference(handle).Name));
        Assert.True(metadata.MemberReferences.Count > 100, "the assembly refers to hardly anything: the scan reads something else");
        foreach (var method in metadata.MethodDefinitions.Select(metadata.GetMethodDefinition).Where(method => method.RelativeVirtualAddress != 0))
        {
            const byte call = 0x28;
            var code = pe.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!;
            for (var i = 0; i + 5 <= code.Length; i++)
            {
                if (code[i] == call && suspects.TryGetValue(BitConverter.ToInt32(code, i + 1), out var name))
                    yield return $"{metadata.GetString(metadata.GetTypeDefinition(method.GetDeclaringType()).Name)}.{metadata.GetString(method.Name)}: {name}";
            }
        }
    }

    private static bool IsSuspect(MetadataReader metadata, MemberReference member)
    {
        if (member.Parent.Kind != HandleKind.TypeReference)
            return false;
        var type = metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name);
        var name = metadata.GetString(member.Name);
        return (type == "Scalar" && name == "op_Implicit")
            || (type == "Tensor" && name.StartsWith("op_", StringComparison.Ordinal) && TakesANumber(metadata.GetBlobReader(member.Signature)));
    }

    private static bool TakesANumber(BlobReader signature)
    {
        signature.ReadSignatureHeader();
        var types = signature.ReadCompressedInteger() + 1;
        var numbers = 0;
        for (var i = 0; i < types && signature.RemainingBytes > 0; i++)
        {
            var type = signature.ReadByte();
            if (type is 0x11 or 0x12)
                signature.ReadTypeHandle();
            numbers += s_numbers.Contains(type) ? 1 : 0;
        }

        return numbers > 0;
    }
}
