"""All rules, in one explicit table, and the selection of some of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from elfkit.checks.rule import RuleSpec
from elfkit.checks.rules import (
    ek001_truncated,
    ek002_bad_ident,
    ek003_phdr_out_of_file,
    ek004_dynamic_broken,
    ek005_no_section_headers,
    ek006_section_headers_damaged,
    ek008_duplicate_unique_phdr,
    ek009_unreadable,
    ek011_packed,
    ek012_limit_reached,
    ek101_foreign_machine,
    ek102_wrong_class,
    ek103_wrong_endian,
    ek104_odd_osabi,
    ek105_abi_variant,
    ek106_float_abi_mismatch,
    ek107_nan2008_mismatch,
    ek108_isa_too_new,
    ek109_isa_unknown,
    ek110_arm_be8_mix,
    ek111_mips_fp_mode,
    ek112_foreign_format,
    ek113_build_host_leak,
    ek114_class_vs_dir,
    ek115_coprocessor_blob,
    ek117_unexpected_etype,
    ek201_interp_missing,
    ek202_interp_wrong_abi,
    ek203_interp_symlink_bad,
    ek204_interp_build_path,
    ek205_interp_malformed,
    ek206_libc_family,
    ek207_dynamic_without_interp,
    ek208_not_executable,
    ek209_kernel_too_old,
    ek210_relr_unsupported,
    ek211_hash_unsupported,
    ek212_reloc_unsupported,
    ek213_ifunc_on_musl,
    ek214_static_tls_dso,
    ek301_needed_missing,
    ek302_needed_not_on_path,
    ek303_needed_wrong_abi,
    ek304_needed_has_slash,
    ek305_needed_linker_name,
    ek306_soname_mismatch,
    ek307_soname_missing,
    ek308_needed_duplicate,
    ek309_needed_unused,
    ek310_rpath_build_dir,
    ek311_rpath_insecure,
    ek312_rpath_dead,
    ek313_rpath_redundant,
    ek314_rpath_ignored,
    ek315_dlopen_missing,
    ek316_lib_symlink_dangling,
    ek317_duplicate_soname,
    ek318_closure_version_clash,
    ek319_dso_without_needed,
    ek401_undefined_symbol,
    ek402_plugin_host_symbol,
    ek403_version_missing,
    ek404_libc_too_old,
    ek405_libstdcxx_too_old,
    ek406_verneed_file_not_needed,
    ek407_provider_unversioned,
    ek408_private_symbol,
    ek410_type_mismatch,
    ek411_copy_size,
    ek418_hidden_undefined,
    ek501_exec_stack,
    ek502_gnu_stack_missing,
    ek503_wx_segment,
    ek504_text_relocations,
    ek505_no_pie,
    ek506_no_relro,
    ek507_lazy_binding,
    ek509_no_fortify,
    ek510_no_cfi_marker,
    ek511_setuid_weak,
    ek512_relro_not_aligned,
    ek601_page_size,
    ek602_not_congruent,
    ek603_page_shared_perms,
    ek604_load_order,
    ek605_phdr_not_loaded,
    ek606_entry_outside_text,
    ek607_absurd_memsz,
    ek608_hash_broken,
    ek609_version_table_broken,
    ek610_reloc_broken,
    ek903_ambiguous_target,
    ek904_profile_mismatch,
    ek905_not_evaluated,
    ek907_internal_error,
)
from elfkit.errors import SelectionError

RULES: tuple[RuleSpec, ...] = (
    ek001_truncated.RULE,
    ek002_bad_ident.RULE,
    ek003_phdr_out_of_file.RULE,
    ek004_dynamic_broken.RULE,
    ek005_no_section_headers.RULE,
    ek006_section_headers_damaged.RULE,
    ek008_duplicate_unique_phdr.RULE,
    ek009_unreadable.RULE,
    ek011_packed.RULE,
    ek012_limit_reached.RULE,
    ek101_foreign_machine.RULE,
    ek102_wrong_class.RULE,
    ek103_wrong_endian.RULE,
    ek104_odd_osabi.RULE,
    ek105_abi_variant.RULE,
    ek106_float_abi_mismatch.RULE,
    ek107_nan2008_mismatch.RULE,
    ek108_isa_too_new.RULE,
    ek109_isa_unknown.RULE,
    ek110_arm_be8_mix.RULE,
    ek111_mips_fp_mode.RULE,
    ek112_foreign_format.RULE,
    ek113_build_host_leak.RULE,
    ek114_class_vs_dir.RULE,
    ek115_coprocessor_blob.RULE,
    ek117_unexpected_etype.RULE,
    ek201_interp_missing.RULE,
    ek202_interp_wrong_abi.RULE,
    ek203_interp_symlink_bad.RULE,
    ek204_interp_build_path.RULE,
    ek205_interp_malformed.RULE,
    ek206_libc_family.RULE,
    ek207_dynamic_without_interp.RULE,
    ek208_not_executable.RULE,
    ek209_kernel_too_old.RULE,
    ek210_relr_unsupported.RULE,
    ek211_hash_unsupported.RULE,
    ek212_reloc_unsupported.RULE,
    ek213_ifunc_on_musl.RULE,
    ek214_static_tls_dso.RULE,
    ek301_needed_missing.RULE,
    ek302_needed_not_on_path.RULE,
    ek303_needed_wrong_abi.RULE,
    ek304_needed_has_slash.RULE,
    ek305_needed_linker_name.RULE,
    ek306_soname_mismatch.RULE,
    ek307_soname_missing.RULE,
    ek308_needed_duplicate.RULE,
    ek309_needed_unused.RULE,
    ek310_rpath_build_dir.RULE,
    ek311_rpath_insecure.RULE,
    ek312_rpath_dead.RULE,
    ek313_rpath_redundant.RULE,
    ek314_rpath_ignored.RULE,
    ek315_dlopen_missing.RULE,
    ek316_lib_symlink_dangling.RULE,
    ek317_duplicate_soname.RULE,
    ek318_closure_version_clash.RULE,
    ek319_dso_without_needed.RULE,
    ek401_undefined_symbol.RULE,
    ek402_plugin_host_symbol.RULE,
    ek403_version_missing.RULE,
    ek404_libc_too_old.RULE,
    ek405_libstdcxx_too_old.RULE,
    ek406_verneed_file_not_needed.RULE,
    ek407_provider_unversioned.RULE,
    ek408_private_symbol.RULE,
    ek410_type_mismatch.RULE,
    ek411_copy_size.RULE,
    ek418_hidden_undefined.RULE,
    ek501_exec_stack.RULE,
    ek502_gnu_stack_missing.RULE,
    ek503_wx_segment.RULE,
    ek504_text_relocations.RULE,
    ek505_no_pie.RULE,
    ek506_no_relro.RULE,
    ek507_lazy_binding.RULE,
    ek509_no_fortify.RULE,
    ek510_no_cfi_marker.RULE,
    ek511_setuid_weak.RULE,
    ek512_relro_not_aligned.RULE,
    ek601_page_size.RULE,
    ek602_not_congruent.RULE,
    ek603_page_shared_perms.RULE,
    ek604_load_order.RULE,
    ek605_phdr_not_loaded.RULE,
    ek606_entry_outside_text.RULE,
    ek607_absurd_memsz.RULE,
    ek608_hash_broken.RULE,
    ek609_version_table_broken.RULE,
    ek610_reloc_broken.RULE,
    ek903_ambiguous_target.RULE,
    ek904_profile_mismatch.RULE,
    ek905_not_evaluated.RULE,
    ek907_internal_error.RULE,
)


def rules_named(name: str) -> tuple[RuleSpec, ...]:
    """Return the rules that an id, the beginning of one, or a name stands for; SelectionError if there is none.

    >>> [rule.name for rule in rules_named("EK511")]
    ['setuid-weak']
    """
    wanted = name.strip()
    found = tuple(rule for rule in RULES if rule.name == wanted.lower() or _begins(rule.id, wanted.upper()))
    if not found:
        from difflib import get_close_matches  # here: for a wrong name alone

        known = [text for rule in RULES for text in (rule.id, rule.name)]
        raise SelectionError(name, next(iter(get_close_matches(wanted, known, n=1)), ""))
    return found


def _begins(rule_id: str, wanted: str) -> bool:
    return wanted.startswith("EK") and rule_id.startswith(wanted)


def select_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[RuleSpec, ...]:
    """Return the rules that ``select`` names (if it names none, all but the opt-in ones) less those ``ignore`` names.

    One that is named is thorough. SelectionError for a name that fits no rule.
    """
    named = {rule.id for name in select for rule in rules_named(name)}
    chosen = named or {rule.id for rule in RULES if not rule.opt_in}
    left_out = {rule.id for name in ignore for rule in rules_named(name)}
    rules = (rule for rule in RULES if rule.id in chosen - left_out)
    return tuple(
        replace(rule, needs=rule.needs | rule.thorough) if rule.thorough and rule.id in named else rule
        for rule in rules
    )
