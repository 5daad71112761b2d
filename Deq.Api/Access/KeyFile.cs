using System.Text.Json;
using System.Text.Json.Serialization;
using Deq.Runtime.Models;

namespace Deq.Api.Access;

/// <summary>A file of keys: <c>[{"name":"alice","sha256":"…","roles":["infer"],"weight":1}]</c>, with limits beside them.</summary>
internal static class KeyFile
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowDuplicateProperties = false,
    };

    /// <summary>The keys of a file, behind others.</summary>
    /// <param name="file">The file.</param>
    /// <param name="others">Keys whose names those of the file must not have.</param>
    /// <exception cref="InvalidDataException">It cannot be read, is no list of keys, or keys have faults; all of these are named. The message shows no key.</exception>
    public static AccessKey[] Read(string file, IReadOnlyList<AccessKey> others)
    {
        try
        {
            WrittenKey[] written = StrictJson.Deserialize<WrittenKey[]>(RegularFile.ReadAllBytes(file), s_json);
            string[] faults =
            [
                .. written.SelectMany(key => key.Faults()),
                .. others.Select(key => key.Name).Concat(written.Select(key => key.Name)).Where(name => !string.IsNullOrEmpty(name))
                    .CountBy(name => name, StringComparer.Ordinal).Where(name => name.Value > 1).Select(name => $"the name '{name.Key}' is given to {name.Value} keys"),
            ];
            if (faults.Length > 0)
            {
                throw new InvalidDataException(string.Join("; ", faults));
            }

            return [.. others, .. written.Select(key => key.Read())];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidDataException(JsonFault.TextOf(fault), fault);
        }
    }

    /// <summary>A key as the file has it.</summary>
    private sealed record WrittenKey(string Name, string Sha256)
    {
        public IReadOnlyList<string>? Roles { get; init; }

        public int? Weight { get; init; }

        public int? Requests { get; init; }

        public int? BytesPerSecond { get; init; }

        public int? PixelsPerSecond { get; init; }

        public int? EvaluationsPerSecond { get; init; }

        /// <summary>What is wrong with it.</summary>
        public IEnumerable<string> Faults()
        {
            if (AccessKey.ReadHash(Sha256) is null)
            {
                yield return $"sha256 of '{Name}' is not 64 hexadecimal digits";
            }

            if (!Quota.IsInRange)
            {
                yield return $"a limit of the key '{Name}' is no whole number from 1 to {KeyQuota.MostPerSecond}, or of requests to {KeyQuota.MostRequests}";
            }

            (Roles roles, IReadOnlyList<string> unknown) = ReadRoles();
            if (string.IsNullOrEmpty(Name) || unknown.Count > 0 || roles == Access.Roles.None || Weight is < 1 or > AccessKey.MostWeight)
            {
                yield return $"the key '{Name}' needs a name, roles among infer, observe and manage, and a weight from 1 to {AccessKey.MostWeight}";
            }
        }

        /// <summary>The key, of one without faults.</summary>
        public AccessKey Read() => new(Name, AccessKey.ReadHash(Sha256)!, ReadRoles().Roles, Weight ?? Caller.DefaultWeight, Quota);

        private KeyQuota Quota => new()
        {
            Requests = Requests,
            BytesPerSecond = BytesPerSecond,
            PixelsPerSecond = PixelsPerSecond,
            EvaluationsPerSecond = EvaluationsPerSecond,
        };

        private (Roles Roles, IReadOnlyList<string> Unknown) ReadRoles() => RoleNames.Read(string.Join(',', Roles ?? ["infer"]));
    }
}
